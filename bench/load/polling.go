package main

import (
	"bufio"
	"fmt"
	"io"
	"math/rand"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// openPolling starts to request a file each second, each subscriber at a different moment. An event counts as received
// with the first answer that has it or a newer one, although a page sees only the newest.
func (group *Subscribers) openPolling(count int, address string, stop *atomic.Bool) error {
	target, err := url.Parse(address)
	if err != nil {
		return err
	}
	request := fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", target.RequestURI(), target.Host)
	var counting sync.Mutex
	for index := 0; index < count; index++ {
		connection, err := net.Dial("tcp", target.Host)
		if err != nil {
			return err
		}
		s := &Subscriber{}
		group.list = append(group.list, s)
		go func() {
			answers := bufio.NewReader(connection)
			time.Sleep(time.Duration(rand.Int63n(int64(time.Second))))
			for tick := time.NewTicker(time.Second); !stop.Load(); <-tick.C {
				seq, err := requestSeq(connection, answers, request)
				if err != nil {
					group.closedCount.Add(1)
					return
				}
				counting.Lock()
				now := group.clock.now()
				for next := s.lastSeq + 1; next <= seq; next++ {
					group.count(s, next, now)
				}
				counting.Unlock()
			}
		}()
	}
	group.readyCount.Store(int64(count))
	return nil
}

func requestSeq(connection net.Conn, answers *bufio.Reader, request string) (int64, error) {
	if _, err := io.WriteString(connection, request); err != nil {
		return 0, err
	}
	response, err := http.ReadResponse(answers, nil)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return seqIn(body), err
}
