// Generates load for a server that fans events out: publishes at a rate, receives with many subscribers, and measures the delay
// from sending to receiving and the server's resources. Linux only. Prints one line of JSON.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"time"
)

var (
	protocolName = flag.String("protocol", "gateway", "gateway, ws, socketio, centrifuge or polling")
	live         = flag.String("live", "", "address for subscribers")
	ingest       = flag.String("ingest", "", "address for the publisher: a WebSocket URL, host:port for lines, or a file")
	runID        = flag.String("run", "bench", "id of the run")
	data         = flag.String("data", `{}`, "data of each event, as JSON")
	subscribers  = flag.Int("subscribers", 1000, "number of subscribers")
	rate         = flag.Float64("rate", 100, "events a second; 0: as fast as the server accepts them")
	seconds      = flag.Float64("seconds", 10, "seconds to measure")
	warmUp       = flag.Float64("warm-up", 3, "seconds before the measurement")
	capacity     = flag.Bool("capacity", false, "repeat at 1.4 times the rate until less than 99 % is delivered, or p99 is over 250 ms")
	stalled      = flag.Int("stalled", 0, "number of subscribers that stop reading before the measurement")
	pid          = flag.Int("pid", 0, "process of the server")
	followed     = flag.String("follow", "", "addresses of the live feeds of several gateways, separated by commas: only opens viewers (follow.go)")
	source       = flag.Int("source", 1, "third number of the viewers' source addresses 127.0.N.x, with -follow")
)

// Step has the measurements at one rate.
type Step struct {
	Rate                float64 `json:"rate"`
	Published           float64 `json:"publishedPerSecond"`
	DeliveriesPerSecond float64 `json:"deliveriesPerSecond"`
	Delivered           float64 `json:"deliveredShare"`
	P50                 float64 `json:"p50Ms"`
	P99                 float64 `json:"p99Ms"`
	P999                float64 `json:"p999Ms"`
	CPU                 float64 `json:"cpuSeconds"`
	CPUPerDelivery      float64 `json:"cpuMicrosecondsPerDelivery"`
	GeneratorCPU        float64 `json:"generatorCpuSeconds"`
	MemoryBytes         int64   `json:"memoryBytes"`
}

// Stalled describes the subscribers that stopped reading.
type Stalled struct {
	Subscribers        int     `json:"subscribers"`
	Closed             int     `json:"closed"`
	FirstClosedSeconds float64 `json:"firstClosedAfterSeconds"`
	LastClosedSeconds  float64 `json:"lastClosedAfterSeconds"`
	CaughtUp           int     `json:"caughtUp"`
}

// Result is the printed JSON.
type Result struct {
	Protocol         string   `json:"protocol"`
	Subscribers      int      `json:"subscribers"`
	ConnectSeconds   float64  `json:"connectSeconds"`
	MemoryIdle       int64    `json:"memoryBytesWithoutSubscribers"`
	MemoryConnected  int64    `json:"memoryBytesConnected"`
	MemorySubscriber float64  `json:"memoryBytesPerSubscriber"`
	MemoryPeak       int64    `json:"memoryBytesPeak"`
	Steps            []Step   `json:"steps"`
	AckP50           float64  `json:"ackP50Ms,omitempty"`
	AckP99           float64  `json:"ackP99Ms,omitempty"`
	Lost             int64    `json:"lost"`    // Events that never arrived and that no gap message announced.
	Doubled          int64    `json:"doubled"` // Events that arrived again.
	Gaps             int64    `json:"gaps"`    // Gap messages: each announces `batch` events that the server skipped.
	Cut              int64    `json:"cut"`     // Subscribers that the server disconnected.
	Stalled          *Stalled `json:"stalled,omitempty"`
}

func main() {
	runtime.GOMAXPROCS(2)
	flag.Parse()
	if *followed != "" {
		if err := follow(strings.Split(*followed, ","), *subscribers, *source); err != nil {
			fmt.Fprintln(os.Stderr, "load:", err)
			os.Exit(1)
		}
		return
	}
	result, err := measure()
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(result)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func measure() (*Result, error) {
	clock := newClock()
	group, err := newSubscribers(clock)
	if err != nil {
		return nil, err
	}
	publisher := &Publisher{event: Event{*runID, *data}, clock: clock}
	protocol := protocols[*protocolName]
	switch {
	case *protocolName == "polling":
		publisher.openFile(*ingest)
	case protocol.ingestsFrames:
		err = publisher.openGateway(*ingest, group)
	default:
		err = publisher.openLines(*ingest)
	}
	if err != nil {
		return nil, err
	}
	// Create the run before subscribers follow it.
	if err := publisher.publish(1); err != nil {
		return nil, err
	}
	time.Sleep(300 * time.Millisecond)

	result := &Result{Protocol: *protocolName, Subscribers: *subscribers, MemoryIdle: memoryBytes(*pid, "VmRSS")}
	var stop atomic.Bool
	begin := time.Now()
	if *protocolName == "polling" {
		err = group.openPolling(*subscribers, *live, &stop)
	} else {
		err = group.open(*subscribers, *live, protocol, receiveBufferFor(*stalled))
	}
	if err != nil {
		return nil, err
	}
	result.ConnectSeconds = time.Since(begin).Seconds()
	go group.run(&stop)
	time.Sleep(time.Second)
	result.MemoryConnected = memoryBytes(*pid, "VmRSS")
	result.MemorySubscriber = float64(result.MemoryConnected-result.MemoryIdle) / float64(max(*subscribers, 1))

	if err := publisher.pace(*rate, inSeconds(*warmUp)); err != nil {
		return nil, err
	}
	group.settle(publisher)
	publisher.ackDelay = Histogram{}
	stalledAt := time.Now()
	for _, s := range group.list[:*stalled] {
		if err := group.stall(s); err != nil {
			return nil, err
		}
	}
	for stepRate := *rate; ; stepRate *= 1.4 {
		step, err := measureStep(stepRate, group, publisher)
		if err != nil {
			return nil, err
		}
		result.Steps = append(result.Steps, *step)
		keptUp := step.Published >= 0.99*stepRate && step.Delivered >= 0.99 && step.P99 <= 250
		if !*capacity || !keptUp || group.closedCount.Load() > 0 {
			break
		}
		time.Sleep(500 * time.Millisecond)
	}
	result.MemoryPeak = memoryBytes(*pid, "VmHWM")
	result.AckP50, result.AckP99 = publisher.ackDelay.QuantileMs(0.5), publisher.ackDelay.QuantileMs(0.99)
	result.Lost, result.Doubled, result.Gaps, result.Cut = group.lost.Load(), group.doubled.Load(), group.gaps.Load(), group.closedCount.Load()
	stop.Store(true)
	if *stalled > 0 {
		time.Sleep(100 * time.Millisecond)
		result.Stalled, err = reconnectStalled(group, publisher, stalledAt)
	}
	return result, err
}

func measureStep(rate float64, group *Subscribers, publisher *Publisher) (*Step, error) {
	readers := int64(len(group.list) - *stalled)
	before := publisher.seq
	window := group.openWindow(before)
	ackedBefore := publisher.acked.Load()
	cpu, generatorCPU, begin := cpuSeconds(*pid), cpuSeconds(os.Getpid()), time.Now()
	if err := publisher.pace(rate, inSeconds(*seconds)); err != nil {
		return nil, err
	}
	published := time.Since(begin)
	acked := publisher.acked.Load() - ackedBefore
	window.to.Store(publisher.seq)
	count := publisher.seq - before
	if count == 0 {
		return nil, fmt.Errorf("expected events to measure, got none in %v s at %v a second", *seconds, rate)
	}
	group.settle(publisher)
	elapsed := time.Since(begin)
	received := window.received.Load()
	used := cpuSeconds(*pid) - cpu
	step := &Step{
		Rate:         rate,
		Published:    float64(count) / published.Seconds(),
		P50:          window.latency.QuantileMs(0.5),
		P99:          window.latency.QuantileMs(0.99),
		P999:         window.latency.QuantileMs(0.999),
		CPU:          used,
		GeneratorCPU: cpuSeconds(os.Getpid()) - generatorCPU,
		MemoryBytes:  memoryBytes(*pid, "VmRSS"),
	}
	if rate == 0 {
		step.Published = float64(acked) / published.Seconds()
	}
	if readers > 0 {
		step.DeliveriesPerSecond = float64(received) / min(elapsed.Seconds(), published.Seconds()+3)
		step.Delivered = float64(received) / float64(count*readers)
		if received > 0 {
			step.CPUPerDelivery = used * 1e6 / float64(received)
		}
	}
	return step, nil
}

// settle waits until every reader has every event, none has arrived for 2 s, or 15 s have passed.
func (group *Subscribers) settle(publisher *Publisher) {
	quiet, deadline := 2*time.Second, time.Now().Add(15*time.Second)
	for seen, since := int64(-1), time.Now(); time.Since(since) < quiet && time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		behind, sum := false, int64(0)
		for _, s := range group.list[*stalled:] {
			last := atomic.LoadInt64(&s.lastSeq)
			sum += last
			behind = behind || last < publisher.seq && s.closed.IsZero()
		}
		if !behind {
			return
		}
		if sum != seen {
			seen, since = sum, time.Now()
		}
	}
}

// reconnectStalled waits until the stalled subscribers are disconnected, for at most 90 s, then reconnects those that are and reads to
// the end.
func reconnectStalled(group *Subscribers, publisher *Publisher, stalledAt time.Time) (*Stalled, error) {
	stopped := group.list[:*stalled]
	for deadline := stalledAt.Add(90 * time.Second); time.Now().Before(deadline); group.poll(50) {
		open := 0
		for _, s := range stopped {
			if s.closed.IsZero() {
				open++
			}
		}
		if open == 0 {
			break
		}
	}
	result := &Stalled{Subscribers: len(stopped), FirstClosedSeconds: 1e9}
	for _, s := range stopped {
		if s.closed.IsZero() {
			continue
		}
		result.Closed++
		after := s.closed.Sub(stalledAt).Seconds()
		result.FirstClosedSeconds = min(result.FirstClosedSeconds, after)
		result.LastClosedSeconds = max(result.LastClosedSeconds, after)
	}
	lost := group.lost.Load()
	reconnected := make([]*Subscriber, 0, len(stopped))
	for _, s := range stopped {
		if s.closed.IsZero() {
			continue
		}
		fd, early, err := upgrade(fmt.Sprintf("%s&after=%d", *live, s.lastSeq), 0)
		if err != nil {
			return nil, err
		}
		next := &Subscriber{fd: fd, receive: s.receive, onEvent: group.count, lastSeq: s.lastSeq, ready: true}
		reconnected = append(reconnected, next)
		if err := group.add(next, early); err != nil {
			return nil, err
		}
	}
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); group.poll(20) {
		result.CaughtUp = 0
		for _, s := range reconnected {
			if s.lastSeq == publisher.seq {
				result.CaughtUp++
			}
		}
		if result.CaughtUp == len(reconnected) {
			break
		}
	}
	if group.lost.Load() > lost {
		return nil, fmt.Errorf("the reconnected subscribers missed %d events", group.lost.Load()-lost)
	}
	return result, nil
}

// receiveBufferFor gives the first subscribers, which will stop reading, a small receive buffer, so that the server notices soon.
func receiveBufferFor(count int) func(index int) int {
	return func(index int) int {
		if index < count {
			return 8 * 1024
		}
		return 0
	}
}

func inSeconds(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }
