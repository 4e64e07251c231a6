package iam

import "time"

// NewFile is OpenFile without the looking.
var NewFile = newFile

// Look looks at the file once.
func (f *File) Look() { f.look() }

// Follow looks at the file at each tick until Close.
func (f *File) Follow(ticks <-chan time.Time) { f.follow(ticks) }
