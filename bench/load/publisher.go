package main

import (
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"time"
)

// Publisher sends events in the order of their seq, from 1.
type Publisher struct {
	event Event
	clock *Clock
	send  func(first, count int64, timestamp string) error

	seq   int64
	acked atomic.Int64
	// Delay from sending an event to its acknowledgement, for the events since the warm-up.
	ackDelay Histogram
}

func timestamp() string { return time.Now().UTC().Format("2006-01-02T15:04:05.000Z") }

// openGateway connects to the gateway, sends hello and waits for the answer. Acknowledgements are received on the
// subscribers' thread.
func (p *Publisher) openGateway(address string, subscribers *Subscribers) error {
	fd, early, err := upgrade(address, 0)
	if err != nil {
		return err
	}
	hello := fmt.Sprintf(`{"type":"hello","protocol":1,"runId":"%s","publisherId":"load-generator"}`, p.event.runID)
	if err := writeAll(fd, appendFrame(nil, opText, []byte(hello))); err != nil {
		return err
	}
	connection := &Subscriber{fd: fd, onEvent: p.acknowledge}
	answered := false
	connection.receive = func(message []byte) (Kind, string) {
		answered = true
		return event, "" // An acknowledgement has a seq, like an event.
	}
	if err := subscribers.add(connection, early); err != nil {
		return err
	}
	for deadline := time.Now().Add(5 * time.Second); !answered; subscribers.poll(10) {
		if time.Now().After(deadline) {
			return fmt.Errorf("expected an answer to hello, got none in 5 s")
		}
	}
	var frames, payload []byte
	p.send = func(first, count int64, timestamp string) error {
		frames = frames[:0]
		for seq := first; seq < first+count; seq++ {
			payload = p.event.appendTo(payload[:0], seq, timestamp)
			frames = appendFrame(frames, opText, payload)
		}
		return writeAll(fd, frames)
	}
	return nil
}

func (p *Publisher) acknowledge(s *Subscriber, seq, now int64) {
	for next := s.lastSeq + 1; next <= seq; next++ {
		p.ackDelay.Add(now - p.clock.sent(next))
	}
	s.lastSeq = seq
	p.acked.Store(seq)
}

// openLines connects to another server (bench/peers), which receives one event per line.
func (p *Publisher) openLines(address string) error {
	fd, err := dial(address, 0)
	if err != nil {
		return err
	}
	var lines []byte
	p.send = func(first, count int64, timestamp string) error {
		lines = lines[:0]
		for seq := first; seq < first+count; seq++ {
			lines = append(p.event.appendTo(lines, seq, timestamp), '\n')
		}
		return writeAll(fd, lines)
	}
	return nil
}

// openFile lets publish write a status file: the latest event replaces the whole file.
func (p *Publisher) openFile(path string) {
	p.send = func(first, count int64, timestamp string) error {
		content := p.event.appendTo(nil, first+count-1, timestamp)
		if err := os.WriteFile(path+".new", content, 0o644); err != nil {
			return err
		}
		return os.Rename(path+".new", path)
	}
}

// Maximum number of events in one write.
const burst = 256

// publish sends the next events.
func (p *Publisher) publish(count int64) error {
	for count > 0 {
		size := min(count, burst)
		now := p.clock.now()
		for seq := p.seq + 1; seq <= p.seq+size; seq++ {
			p.clock.mark(seq, now)
		}
		if err := p.send(p.seq+1, size, timestamp()); err != nil {
			return err
		}
		p.seq += size
		count -= size
	}
	return nil
}

// pace publishes for a duration at a rate in events per second (0: as fast as possible), on a dedicated thread.
func (p *Publisher) pace(rate float64, duration time.Duration) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	first, begin := p.seq, time.Now()
	for time.Since(begin) < duration {
		if rate == 0 {
			if err := p.publish(burst); err != nil {
				return err
			}
			continue
		}
		due := int64(time.Since(begin).Seconds() * rate)
		if err := p.publish(due - (p.seq - first)); err != nil {
			return err
		}
		next := time.Duration(float64(due+1) / rate * float64(time.Second))
		time.Sleep(max(next-time.Since(begin), time.Millisecond))
	}
	return nil
}
