package iam

import "time"

// NewFile returns a File that is read once and not polled.
var NewFile = newFile

// Poll polls the file once.
func (f *File) Poll() { f.poll() }

// PollAt polls the file at each tick until Close.
func (f *File) PollAt(ticks <-chan time.Time) { f.pollAt(ticks) }

// SetCacheSize sets the maximum number of cached tokens.
func (k *Keystone) SetCacheSize(size int) { k.cache.size = size }

// CacheLen returns the number of cached tokens.
func (k *Keystone) CacheLen() int {
	k.cache.mu.Lock()
	defer k.cache.mu.Unlock()
	return len(k.cache.tokens)
}

// SetTimeout sets the timeout for a response of Keystone.
func (k *Keystone) SetTimeout(timeout time.Duration) { k.timeout = timeout }
