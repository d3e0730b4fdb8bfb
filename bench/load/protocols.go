package main

import "bytes"

// Protocol describes how a server talks to subscribers and accepts events.
type Protocol struct {
	// The first message of a subscriber.
	greeting string
	// Returns the kind of a message, and the answer to send, if any.
	receive func(message []byte) (kind Kind, answer string)
	// Whether events are sent as WebSocket messages after a hello; otherwise they are sent as lines of text.
	ingestsFrames bool
}

// Kind of a message.
type Kind int

const (
	other Kind = iota
	ready
	event
	// Announces that batches were skipped.
	gap
	// Several messages, one a line.
	lines
)

var protocols = map[string]Protocol{
	"gateway": {
		ingestsFrames: true,
		receive: func(message []byte) (Kind, string) {
			switch {
			case bytes.HasPrefix(message, []byte(`{"v":1`)):
				return event, ""
			case bytes.HasPrefix(message, []byte(`{"type":"live"`)):
				return ready, ""
			case bytes.HasPrefix(message, []byte(`{"type":"gap"`)):
				return gap, ""
			}
			return other, ""
		},
	},
	// Plain broadcast: every message is an event, except the first, which the server sends when it has added the subscriber.
	"ws": {
		receive: func(message []byte) (Kind, string) {
			if bytes.HasPrefix(message, []byte("ready")) {
				return ready, ""
			}
			return event, ""
		},
	},
	// https://socket.io/docs/v4/engine-io-protocol/ and https://socket.io/docs/v4/socket-io-protocol/
	"socketio": {
		receive: func(message []byte) (Kind, string) {
			switch {
			case bytes.HasPrefix(message, []byte("42")):
				return event, ""
			case bytes.HasPrefix(message, []byte("40")):
				return ready, ""
			case bytes.HasPrefix(message, []byte("0")):
				return other, "40"
			case bytes.HasPrefix(message, []byte("2")):
				return other, "3"
			}
			return other, ""
		},
	},
	// https://centrifugal.dev/docs/transports/client_protocol
	"centrifuge": {
		greeting: `{"id":1,"connect":{}}` + "\n" + `{"id":2,"subscribe":{"channel":"run"}}`,
		receive: func(message []byte) (Kind, string) {
			switch {
			case bytes.IndexByte(bytes.TrimRight(message, "\n"), '\n') >= 0:
				return lines, ""
			case bytes.HasPrefix(message, []byte(`{"push"`)):
				return event, ""
			case bytes.HasPrefix(message, []byte(`{"id":2`)):
				return ready, ""
			case bytes.Equal(bytes.TrimSpace(message), []byte(`{}`)):
				return other, `{}`
			}
			return other, ""
		},
	},
}
