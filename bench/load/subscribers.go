package main

import (
	"bytes"
	"fmt"
	"math"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
)

// Subscriber is one receiving connection; the publisher's own connection with its acknowledgements is one as well.
type Subscriber struct {
	fd int
	// The beginning of a frame that is not complete yet.
	pending []byte
	// The seq of the last event received.
	lastSeq int64
	ready   bool
	closed  time.Time
	receive func(message []byte) (Kind, string)
	onEvent func(s *Subscriber, seq int64, now int64)
}

// Window counts the events after the seq `from`, up to the seq `to`.
type Window struct {
	from, to atomic.Int64
	received atomic.Int64
	latency  Histogram
}

// Subscribers receive on one thread, which waits for all of them at once and reads into one buffer.
type Subscribers struct {
	list   []*Subscriber
	byFd   map[int32]*Subscriber
	epoll  int
	clock  *Clock
	window atomic.Pointer[Window]

	readyCount, lost, doubled, gaps, closedCount atomic.Int64
}

// Clock records when each event was sent, in microseconds since the start.
type Clock struct {
	start  time.Time
	sentAt []int64
}

// Number of recent events whose times are kept.
const clockSize = 1 << 22

func newClock() *Clock { return &Clock{start: time.Now(), sentAt: make([]int64, clockSize)} }

func (c *Clock) now() int64           { return time.Since(c.start).Microseconds() }
func (c *Clock) mark(seq, now int64)  { atomic.StoreInt64(&c.sentAt[seq%clockSize], now) }
func (c *Clock) sent(seq int64) int64 { return atomic.LoadInt64(&c.sentAt[seq%clockSize]) }

func newSubscribers(clock *Clock) (*Subscribers, error) {
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	return &Subscribers{byFd: map[int32]*Subscriber{}, epoll: epoll, clock: clock}, err
}

// add starts to receive on a connection; early is the data received with its upgrade.
func (group *Subscribers) add(s *Subscriber, early []byte) error {
	group.byFd[int32(s.fd)] = s
	group.handleData(s, early)
	return syscall.EpollCtl(group.epoll, syscall.EPOLL_CTL_ADD, s.fd, &syscall.EpollEvent{
		Events: syscall.EPOLLIN | syscall.EPOLLRDHUP, Fd: int32(s.fd)})
}

// stall stops reading from a subscriber; a disconnection is still noticed.
func (group *Subscribers) stall(s *Subscriber) error {
	return syscall.EpollCtl(group.epoll, syscall.EPOLL_CTL_MOD, s.fd, &syscall.EpollEvent{
		Events: syscall.EPOLLRDHUP, Fd: int32(s.fd)})
}

// open connects count subscribers to an address and waits until each is ready.
func (group *Subscribers) open(count int, address string, protocol Protocol, receiveBuffer func(index int) int) error {
	for index := 0; index < count; index++ {
		fd, early, err := upgrade(address, receiveBuffer(index))
		if err != nil {
			return fmt.Errorf("subscriber %d: %w", index+1, err)
		}
		s := &Subscriber{fd: fd, receive: protocol.receive, onEvent: group.count}
		group.list = append(group.list, s)
		if err := group.add(s, early); err != nil {
			return err
		}
		if protocol.greeting != "" {
			if err := writeAll(fd, appendFrame(nil, opText, []byte(protocol.greeting))); err != nil {
				return err
			}
		}
		group.poll(0)
	}
	for deadline := time.Now().Add(time.Minute); group.readyCount.Load() < int64(count); group.poll(10) {
		if time.Now().After(deadline) {
			return fmt.Errorf("expected %d subscribers to be ready within a minute, got %d", count, group.readyCount.Load())
		}
	}
	return nil
}

// run receives until it is stopped.
func (group *Subscribers) run(stop *atomic.Bool) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for !stop.Load() {
		group.poll(20)
	}
}

var (
	readBuffer = make([]byte, 1<<20)
	epollReady = make([]syscall.EpollEvent, 512)
)

// poll waits at most `milliseconds` for readable connections, and reads once from each.
func (group *Subscribers) poll(milliseconds int) {
	count, _ := syscall.EpollWait(group.epoll, epollReady, milliseconds)
	for _, readable := range epollReady[:max(count, 0)] {
		s := group.byFd[readable.Fd]
		if s == nil {
			continue
		}
		if readable.Events&syscall.EPOLLIN == 0 {
			group.end(s)
			continue
		}
		pendingSize := copy(readBuffer, s.pending)
		n, err := syscall.Read(s.fd, readBuffer[pendingSize:])
		if err == syscall.EINTR || err == syscall.EAGAIN {
			continue
		}
		if err != nil || n == 0 {
			group.end(s)
			continue
		}
		group.handleData(s, readBuffer[:pendingSize+n])
	}
}

func (group *Subscribers) handleData(s *Subscriber, data []byte) {
	now := group.clock.now()
	for {
		opcode, payload, size := nextFrame(data)
		if size == 0 {
			break
		}
		switch opcode {
		case opText:
			group.handleMessage(s, payload, now)
		case opPing:
			writeAll(s.fd, appendFrame(nil, opPong, payload))
		case opClose:
			group.end(s)
			return
		}
		data = data[size:]
	}
	s.pending = append(s.pending[:0], data...)
}

func (group *Subscribers) handleMessage(s *Subscriber, message []byte, now int64) {
	kind, answer := s.receive(message)
	if answer != "" {
		writeAll(s.fd, appendFrame(nil, opText, []byte(answer)))
	}
	switch kind {
	case ready:
		if !s.ready {
			s.ready = true
			group.readyCount.Add(1)
		}
	case event:
		if seq := seqIn(message); seq > 0 {
			s.onEvent(s, seq, now)
		}
	case gap:
		group.gaps.Add(1)
		s.lastSeq = numberIn(message, toKey)
	case lines:
		for _, line := range bytes.Split(bytes.TrimRight(message, "\n"), []byte("\n")) {
			group.handleMessage(s, line, now)
		}
	}
}

// count checks the order of events, and records the delays of events within the window.
func (group *Subscribers) count(s *Subscriber, seq, now int64) {
	if seq <= s.lastSeq {
		group.doubled.Add(1)
		return
	}
	if s.lastSeq > 0 && seq > s.lastSeq+1 {
		group.lost.Add(seq - s.lastSeq - 1)
	}
	s.lastSeq = seq
	if window := group.window.Load(); window != nil && seq > window.from.Load() && seq <= window.to.Load() {
		window.latency.Add(now - group.clock.sent(seq))
		window.received.Add(1)
	}
}

func (group *Subscribers) end(s *Subscriber) {
	syscall.EpollCtl(group.epoll, syscall.EPOLL_CTL_DEL, s.fd, nil)
	delete(group.byFd, int32(s.fd))
	syscall.Close(s.fd)
	s.closed = time.Now()
	group.closedCount.Add(1)
}

// openWindow starts to count the events after the seq `from`.
func (group *Subscribers) openWindow(from int64) *Window {
	window := &Window{}
	window.from.Store(from)
	window.to.Store(math.MaxInt64)
	group.window.Store(window)
	return window
}
