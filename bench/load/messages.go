package main

import (
	"bytes"
	"strconv"
)

var (
	seqKey = []byte(`"seq":`)
	toKey  = []byte(`"to":`)
)

// seqIn returns the seq of an event, which is near its beginning; 0 when there is none.
func seqIn(message []byte) int64 { return numberIn(message, seqKey) }

func numberIn(message, key []byte) int64 {
	at := bytes.Index(message[:min(len(message), 200)], key)
	if at < 0 {
		return 0
	}
	number := int64(0)
	for _, digit := range message[at+len(key):] {
		if digit < '0' || digit > '9' {
			break
		}
		number = number*10 + int64(digit-'0')
	}
	return number
}

// Event has the constant parts of an event; `appendTo` adds the seq and the time.
type Event struct {
	runID, data string
}

// appendTo appends the event with this seq as JSON to a buffer.
func (e Event) appendTo(buffer []byte, seq int64, time string) []byte {
	buffer = append(buffer, `{"v":1,"runId":"`...)
	buffer = append(buffer, e.runID...)
	buffer = append(buffer, `","seq":`...)
	buffer = strconv.AppendInt(buffer, seq, 10)
	buffer = append(buffer, `,"time":"`...)
	buffer = append(buffer, time...)
	buffer = append(buffer, `","type":"batch","data":`...)
	buffer = append(buffer, e.data...)
	return append(buffer, '}')
}
