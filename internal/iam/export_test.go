package iam

import "time"

// NewFile is OpenFile without the looking.
var NewFile = newFile

// ParseAuthorization reads the header Authorization and answers the access key and the names of the signed headers.
func ParseAuthorization(value string) (accessKey string, signed []string, err error) {
	s, err := parseAuthorization(value)
	return s.accessKey, s.signed, err
}

// Look looks at the file once.
func (f *File) Look() { f.look() }

// Follow looks at the file at each tick until Close.
func (f *File) Follow(ticks <-chan time.Time) { f.follow(ticks) }

// Remember sets how many tokens are remembered.
func (k *Keystone) Remember(most int) { k.known.max = most }

// Remembered answers how many are.
func (k *Keystone) Remembered() int {
	k.known.mu.Lock()
	defer k.known.mu.Unlock()
	return len(k.known.tokens)
}

// WaitFor sets how long Keystone has for an answer.
func (k *Keystone) WaitFor(timeout time.Duration) { k.timeout = timeout }
