package main

import (
	"bufio"
	"bytes"
	"container/heap"
	"encoding/json"
	"fmt"
	"math/rand"
	"net"
	"net/url"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Viewer is one viewer of the gateway, which reconnects as the client library does, with its last event, to any other gateway.
type Viewer struct {
	index, gateway int
	fd             int
	state          viewerState
	// Bytes of an HTTP head or a frame that is not complete yet.
	pending []byte
	lastSeq int64
	// Connections that failed since the last one that became live.
	failures int
	// When the connection was lost and when to connect again, in microseconds; lostAt is 0 before the first connection was lost.
	lostAt, dueAt int64
}

type viewerState uint8

const (
	isClosed viewerState = iota
	isConnecting
	isUpgrading
	isOpen
	isLive
)

// Gateway is the address of the live feed of one gateway.
type Gateway struct {
	target  syscall.SockaddrInet4
	request string
}

// ViewerWindow counts the events sent from a time on, in milliseconds since 1970, until the next window.
type ViewerWindow struct {
	Name  string
	from  int64
	delay Histogram
}

// Delays summarizes a histogram.
type Delays struct {
	Count int64   `json:"count"`
	P50   float64 `json:"p50Ms"`
	P99   float64 `json:"p99Ms"`
	Max   float64 `json:"maxMs"`
}

// Viewers are the viewers of one process, all on one thread.
type Viewers struct {
	list     []*Viewer
	byFd     map[int32]*Viewer
	gateways []Gateway
	source   int
	epoll    int
	start    time.Time
	// Viewers that wait to connect again, the next one first.
	waiting dueViewers
	// The next viewer to connect for the first time, and the number of first connections that are not live.
	next, opening int
	live          int

	windows            []*ViewerWindow
	timedSeq, timeSent int64

	lost, doubled, skipped, reconnects, refused int64
	reconnection                                Histogram
	reconnectionMax                             int64
	delayMax                                    map[*ViewerWindow]int64
}

// Connections that are opened at once at the beginning. After a loss, all viewers reconnect at once.
const openAtOnce = 32

// The first and the longest delay before a new connection, of which a random half is left out (as in the client library).
const firstBackoff, longestBackoff = 500_000, 15_000_000

// follow opens viewers, and obeys the commands on standard input: `window NAME` begins a window, and `finish SEQ` waits until every
// viewer has this event, for at most 15 s, prints the counts and ends. Prints a line of JSON each second until all are live.
func follow(addresses []string, count, source int) error {
	runtime.LockOSThread()
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return err
	}
	v := &Viewers{byFd: map[int32]*Viewer{}, epoll: epoll, source: source, start: time.Now(), delayMax: map[*ViewerWindow]int64{}}
	for _, address := range addresses {
		gateway, err := gatewayAt(address)
		if err != nil {
			return err
		}
		v.gateways = append(v.gateways, gateway)
	}
	for index := 0; index < count; index++ {
		v.list = append(v.list, &Viewer{index: index, gateway: index % len(v.gateways)})
	}
	commands := make(chan string)
	go func() {
		for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
			commands <- lines.Text()
		}
		os.Exit(1) // The parent process has ended.
	}()
	output := json.NewEncoder(os.Stdout)
	for reported, allLive := time.Now(), false; ; v.poll(20) {
		v.connectDue()
		if !allLive && (v.live == count || time.Since(reported) > time.Second) {
			allLive, reported = v.live == count, time.Now()
			output.Encode(map[string]any{"live": v.live, "seconds": time.Since(v.start).Seconds()})
		}
		select {
		case command := <-commands:
			name, argument, _ := strings.Cut(command, " ")
			if name == "window" {
				v.windows = append(v.windows, &ViewerWindow{Name: argument, from: time.Now().UnixMilli()})
				continue
			}
			lastSeq, err := strconv.ParseInt(argument, 10, 64)
			if err != nil {
				return fmt.Errorf("expected finish and a number, got %q", command)
			}
			return output.Encode(v.finish(lastSeq))
		default:
		}
	}
}

func gatewayAt(address string) (Gateway, error) {
	target, err := url.Parse(address)
	if err != nil {
		return Gateway{}, err
	}
	resolved, err := net.ResolveTCPAddr("tcp4", target.Host)
	if err != nil {
		return Gateway{}, err
	}
	gateway := Gateway{target: syscall.SockaddrInet4{Port: resolved.Port}, request: "GET " + target.RequestURI() +
		"&after=%d HTTP/1.1\r\nHost: " + target.Host + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"}
	copy(gateway.target.Addr[:], resolved.IP.To4())
	return gateway, nil
}

func (v *Viewers) now() int64 { return time.Since(v.start).Microseconds() }

// connectDue connects the viewers whose time has come.
func (v *Viewers) connectDue() {
	for ; v.next < len(v.list) && v.opening < openAtOnce; v.next++ {
		v.opening++
		v.connect(v.list[v.next])
	}
	for now := v.now(); len(v.waiting) > 0 && v.waiting[0].dueAt <= now; {
		v.connect(heap.Pop(&v.waiting).(*Viewer))
	}
}

func (v *Viewers) connect(viewer *Viewer) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC|syscall.SOCK_NONBLOCK, 0)
	if err != nil {
		v.retry(viewer)
		return
	}
	viewer.fd, viewer.state = fd, isConnecting
	gateway := &v.gateways[viewer.gateway]
	if err = bindSource(fd, gateway.target.Addr, v.source, viewer.index); err == nil {
		err = syscall.Connect(fd, &gateway.target)
	}
	v.byFd[int32(fd)] = viewer
	if err != nil && err != syscall.EINPROGRESS {
		v.end(viewer)
		return
	}
	syscall.EpollCtl(v.epoll, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: syscall.EPOLLOUT, Fd: int32(fd)})
}

// poll waits at most `milliseconds` for connections with something to read or to begin.
func (v *Viewers) poll(milliseconds int) {
	count, _ := syscall.EpollWait(v.epoll, epollReady, milliseconds)
	for _, ready := range epollReady[:max(count, 0)] {
		viewer := v.byFd[ready.Fd]
		if viewer == nil {
			continue
		}
		if viewer.state == isConnecting {
			v.upgrade(viewer)
		} else {
			v.read(viewer)
		}
	}
}

func (v *Viewers) upgrade(viewer *Viewer) {
	if code, err := syscall.GetsockoptInt(viewer.fd, syscall.SOL_SOCKET, syscall.SO_ERROR); err != nil || code != 0 {
		v.end(viewer)
		return
	}
	viewer.state = isUpgrading
	syscall.EpollCtl(v.epoll, syscall.EPOLL_CTL_MOD, viewer.fd, &syscall.EpollEvent{
		Events: syscall.EPOLLIN | syscall.EPOLLRDHUP, Fd: int32(viewer.fd)})
	if err := writeAll(viewer.fd, []byte(fmt.Sprintf(v.gateways[viewer.gateway].request, viewer.lastSeq))); err != nil {
		v.end(viewer)
	}
}

func (v *Viewers) read(viewer *Viewer) {
	size := copy(readBuffer, viewer.pending)
	n, err := syscall.Read(viewer.fd, readBuffer[size:])
	if err == syscall.EINTR || err == syscall.EAGAIN {
		return
	}
	if err != nil || n == 0 {
		v.end(viewer)
		return
	}
	data := readBuffer[:size+n]
	if viewer.state == isUpgrading {
		end := bytes.Index(data, []byte("\r\n\r\n"))
		if end >= 0 && !bytes.HasPrefix(data, []byte("HTTP/1.1 101")) {
			v.refused++
			v.end(viewer)
			return
		}
		if end >= 0 {
			viewer.state = isOpen
			data = data[end+4:]
		}
	}
	for viewer.state >= isOpen {
		opcode, payload, size := nextFrame(data)
		if size == 0 {
			break
		}
		switch opcode {
		case opText:
			v.receive(viewer, payload)
		case opPing:
			writeAll(viewer.fd, appendFrame(nil, opPong, payload))
		case opClose:
			v.end(viewer)
			return
		}
		data = data[size:]
	}
	// Most reads end with a frame: no viewer keeps a buffer then.
	if len(data) == 0 {
		viewer.pending = nil
	} else {
		viewer.pending = append(viewer.pending[:0], data...)
	}
}

func (v *Viewers) receive(viewer *Viewer, message []byte) {
	switch kind, _ := protocols["gateway"].receive(message); kind {
	case ready:
		v.becomeLive(viewer)
	case gap:
		to := numberIn(message, toKey)
		v.skipped += to - viewer.lastSeq
		viewer.lastSeq = to
	case event:
		v.count(viewer, seqIn(message), message)
	}
}

func (v *Viewers) becomeLive(viewer *Viewer) {
	if viewer.state == isLive {
		return
	}
	viewer.state, viewer.failures = isLive, 0
	v.live++
	if viewer.lostAt == 0 {
		v.opening--
		return
	}
	took := v.now() - viewer.lostAt
	v.reconnects++
	v.reconnection.Add(took)
	v.reconnectionMax = max(v.reconnectionMax, took)
	viewer.lostAt = 0
}

// count checks the order of events, and records the delay in the window in which the event was sent.
func (v *Viewers) count(viewer *Viewer, seq int64, message []byte) {
	if seq <= viewer.lastSeq {
		v.doubled++
		return
	}
	v.lost += seq - viewer.lastSeq - 1
	viewer.lastSeq = seq
	sent := v.sentAt(seq, message)
	for index := len(v.windows) - 1; index >= 0; index-- {
		if window := v.windows[index]; sent >= window.from {
			delay := time.Now().UnixMicro() - sent*1000
			window.delay.Add(delay)
			v.delayMax[window] = max(v.delayMax[window], delay)
			return
		}
	}
}

var timeKey = []byte(`"time":"`)

// sentAt returns the time of an event in milliseconds since 1970. The viewers mostly receive the same event one after the other.
func (v *Viewers) sentAt(seq int64, message []byte) int64 {
	if v.timedSeq == seq {
		return v.timeSent
	}
	_, rest, _ := bytes.Cut(message, timeKey)
	text, _, _ := bytes.Cut(rest, []byte(`"`))
	sent, _ := time.Parse(time.RFC3339, string(text))
	v.timedSeq, v.timeSent = seq, sent.UnixMilli()
	return v.timeSent
}

// end closes a connection, and lets its viewer connect to another gateway after a delay.
func (v *Viewers) end(viewer *Viewer) {
	syscall.Close(viewer.fd)
	delete(v.byFd, int32(viewer.fd))
	if viewer.state == isLive {
		v.live--
		viewer.lostAt = v.now()
	}
	v.retry(viewer)
}

func (v *Viewers) retry(viewer *Viewer) {
	viewer.state, viewer.pending = isClosed, nil
	if others := len(v.gateways) - 1; others > 0 {
		viewer.gateway = (viewer.gateway + 1 + rand.Intn(others)) % len(v.gateways)
	}
	backoff := min(firstBackoff<<min(viewer.failures, 10), longestBackoff)
	viewer.failures++
	viewer.dueAt = v.now() + int64(backoff/2+rand.Intn(backoff/2))
	heap.Push(&v.waiting, viewer)
}

func (v *Viewers) finish(lastSeq int64) map[string]any {
	missing := int64(1)
	for deadline := time.Now().Add(15 * time.Second); missing > 0 && time.Now().Before(deadline); {
		for until := time.Now().Add(100 * time.Millisecond); time.Now().Before(until); v.poll(20) {
			v.connectDue()
		}
		missing = 0
		for _, viewer := range v.list {
			missing += max(0, lastSeq-viewer.lastSeq)
		}
	}
	delays := map[string]Delays{}
	for _, window := range v.windows {
		delays[window.Name] = summarize(&window.delay, v.delayMax[window])
	}
	return map[string]any{"missing": missing, "lost": v.lost, "doubled": v.doubled, "skipped": v.skipped, "live": v.live,
		"reconnected": v.reconnects, "refused": v.refused, "reconnection": summarize(&v.reconnection, v.reconnectionMax),
		"delays": delays, "cpuSeconds": cpuSeconds(os.Getpid())}
}

func summarize(histogram *Histogram, longest int64) Delays {
	return Delays{histogram.total, histogram.QuantileMs(0.5), histogram.QuantileMs(0.99), float64(longest) / 1000}
}

// dueViewers is a heap of viewers by the time to connect.
type dueViewers []*Viewer

func (d dueViewers) Len() int           { return len(d) }
func (d dueViewers) Less(i, j int) bool { return d[i].dueAt < d[j].dueAt }
func (d dueViewers) Swap(i, j int)      { d[i], d[j] = d[j], d[i] }
func (d *dueViewers) Push(viewer any)   { *d = append(*d, viewer.(*Viewer)) }
func (d *dueViewers) Pop() any {
	last := len(*d) - 1
	viewer := (*d)[last]
	*d = (*d)[:last]
	return viewer
}
