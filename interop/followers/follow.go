// Follows a run with coder/websocket: writes each message as a line, and closes after the end of the run.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/coder/websocket"
)

func main() {
	ctx := context.Background()
	options := &websocket.DialOptions{Subprotocols: []string{"mnist-monitor.v2"}}
	feed, _, err := websocket.Dial(ctx, os.Args[1], options)
	if err != nil {
		log.Fatal(err)
	}
	feed.SetReadLimit(1 << 20)
	for {
		_, text, err := feed.Read(ctx)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(string(text))
		if strings.Contains(string(text), `"type":"run.finished"`) {
			break
		}
	}
	if err := feed.Close(websocket.StatusNormalClosure, ""); err != nil {
		log.Fatal(err)
	}
}
