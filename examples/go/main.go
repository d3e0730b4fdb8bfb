// Follows the newest run and prints its events; after a lost connection, continues with the next event.
//
//	go run . [ws://localhost:5000/live]
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/coder/websocket"
)

// hello contains a summary of the run with a confusion matrix, more than the module's default limit of 32 kB.
const maxMessageBytes = 1 << 20

// Measure is a number. NaN and infinities are strings in messages, because JSON has no such numbers.
type Measure float64

func (m *Measure) UnmarshalJSON(text []byte) error {
	var name string
	if json.Unmarshal(text, &name) == nil {
		text = []byte(name)
	}
	value, err := strconv.ParseFloat(string(text), 64)
	*m = Measure(value)
	return err
}

// Message has the fields that this program reads of an event, of hello and of live.
type Message struct {
	Version int    `json:"v"`
	Type    string `json:"type"`
	Seq     int    `json:"seq"`
	After   int    `json:"after"`
	Restart string `json:"restart"`
	Run     *struct {
		RunID  string `json:"runId"`
		Stream string `json:"stream"`
	} `json:"run"`
	Data struct {
		Step   int     `json:"step"`
		Epoch  int     `json:"epoch"`
		Loss   Measure `json:"loss"`
		Status string  `json:"status"`
		Reason string  `json:"reason"`
		Test   *struct {
			Accuracy *Measure `json:"accuracy"`
		} `json:"test"`
	} `json:"data"`
}

// Feed follows the newest run. Run, Stream and After are its position.
type Feed struct {
	URL    string
	Run    string
	Stream string
	After  int
}

var errDone = errors.New("the run is over")

func (f *Feed) address() string {
	query := url.Values{"types": {"batch,epoch,run.finished"}, "after": {strconv.Itoa(f.After)}}
	if f.Run != "" {
		query.Set("afterRun", f.Run)
	}
	if f.Stream != "" {
		query.Set("stream", f.Stream)
	}
	separator := "?"
	if strings.Contains(f.URL, "?") {
		separator = "&"
	}
	return f.URL + separator + query.Encode()
}

// Follow reads one connection until it ends, and passes each event to handle once.
func (f *Feed) Follow(ctx context.Context, handle func(Message) error) error {
	socket, _, err := websocket.Dial(ctx, f.address(), nil)
	if err != nil {
		return err
	}
	defer socket.CloseNow()
	socket.SetReadLimit(maxMessageBytes)
	for {
		_, text, err := socket.Read(ctx)
		if err != nil {
			return err
		}
		var message Message
		if err := json.Unmarshal(text, &message); err != nil {
			return fmt.Errorf("the gateway sent a message that is not JSON: %w", err)
		}
		switch {
		case message.Type == "hello":
			if message.Restart != "" {
				log.Print("the run was replaced or has lost events; from the beginning")
			}
			f.Run, f.Stream, f.After = "", "", message.After
			if message.Run != nil {
				f.Run, f.Stream = message.Run.RunID, message.Run.Stream
			}
		case message.Type == "live":
			f.After = max(f.After, message.Seq)
		case message.Version == 1: // Only events have a version.
			f.After = message.Seq
			if err := handle(message); err != nil {
				return err
			}
		}
	}
}

// isFinal reports whether the gateway closed with a code after which this client must not reconnect.
func isFinal(err error) bool {
	switch websocket.CloseStatus(err) {
	case 1000, 1002, 1007, 1008, 1009, 4400, 4404, 4405, 4413:
		return true
	}
	return false
}

func show(message Message) error {
	data := message.Data
	switch message.Type {
	case "batch":
		fmt.Printf("step %d: loss %.4f\n", data.Step, data.Loss)
	case "epoch":
		accuracy := "unknown"
		if data.Test != nil && data.Test.Accuracy != nil {
			accuracy = fmt.Sprintf("%.2f %%", *data.Test.Accuracy*100)
		}
		fmt.Printf("epoch %d: test accuracy %s\n", data.Epoch, accuracy)
	case "run.finished":
		fmt.Printf("%s: %s\n", data.Status, data.Reason)
		return errDone
	}
	return nil
}

func main() {
	feed := Feed{URL: "ws://localhost:5000/live"}
	if len(os.Args) > 1 {
		feed.URL = os.Args[1]
	}
	wait := 500 * time.Millisecond
	for {
		before := feed.After
		err := feed.Follow(context.Background(), show)
		if errors.Is(err, errDone) {
			return
		}
		if isFinal(err) {
			log.Fatal(err)
		}
		if feed.After > before {
			wait = 500 * time.Millisecond
		}
		log.Printf("%v; next attempt in %v", err, wait)
		time.Sleep(wait)
		wait = min(2*wait, 15*time.Second)
	}
}
