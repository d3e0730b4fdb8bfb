package main

import (
	"bytes"
	"strconv"
)

var (
	seqKey = []byte(`"seq":`)
	toKey  = []byte(`"to":`)
)

// seqIn returns the number of an event, which is near its beginning; 0 when there is none.
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

// Event has the constant parts of an event; number and time are filled in.
type Event struct {
	runID, data string
}

// appendTo appends the event with this number as JSON.
func (e Event) appendTo(to []byte, seq int64, time string) []byte {
	to = append(to, `{"v":1,"runId":"`...)
	to = append(to, e.runID...)
	to = append(to, `","seq":`...)
	to = strconv.AppendInt(to, seq, 10)
	to = append(to, `,"time":"`...)
	to = append(to, time...)
	to = append(to, `","type":"batch","data":`...)
	to = append(to, e.data...)
	return append(to, '}')
}
