// Centrifuge with default settings: each event, received as one line, is sent as JSON over WebSockets to all clients
// of one channel.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/centrifugal/centrifuge"
)

func main() {
	node, err := centrifuge.New(centrifuge.Config{})
	if err != nil {
		log.Fatal(err)
	}
	node.OnConnecting(func(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		return centrifuge.ConnectReply{Credentials: &centrifuge.Credentials{}}, nil
	})
	node.OnConnect(func(client *centrifuge.Client) {
		client.OnSubscribe(func(_ centrifuge.SubscribeEvent, done centrifuge.SubscribeCallback) {
			done(centrifuge.SubscribeReply{}, nil)
		})
	})
	if err := node.Run(); err != nil {
		log.Fatal(err)
	}

	public, ingest := listen(), listen()
	go func() {
		log.Fatal(http.Serve(public, centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{})))
	}()
	json.NewEncoder(os.Stdout).Encode(map[string]string{
		"live": "ws://" + public.Addr().String() + "/", "ingest": ingest.Addr().String()})
	for {
		connection, err := ingest.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go func() {
			for lines := bufio.NewScanner(connection); lines.Scan(); {
				if _, err := node.Publish("run", append([]byte(nil), lines.Bytes()...)); err != nil {
					log.Fatal(err)
				}
			}
		}()
	}
}

func listen() net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	return listener
}
