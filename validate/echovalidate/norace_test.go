//go:build !race

package echovalidate_test

const raceEnabled = false
