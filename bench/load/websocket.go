package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"net/url"
	"strings"
	"syscall"
)

const (
	opText  = 1
	opClose = 8
	opPing  = 9
	opPong  = 10
)

// dial opens a TCP connection over IPv4 and returns its blocking descriptor.
func dial(host string, receiveBuffer int) (int, error) {
	address, err := net.ResolveTCPAddr("tcp4", host)
	if err != nil {
		return 0, err
	}
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	if receiveBuffer > 0 {
		syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_RCVBUF, receiveBuffer)
	}
	syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)
	target := &syscall.SockaddrInet4{Port: address.Port}
	copy(target.Addr[:], address.IP.To4())
	if err := bindSource(fd, target.Addr, 1, dialed); err != nil {
		return 0, err
	}
	dialed++
	return fd, syscall.Connect(fd, target)
}

// Connections that were dialed so far.
var dialed int

// Connections from one source address: the ephemeral ports of an address are 28,232, and the kernel takes three times as long for
// 19,000 connections of one address.
const connectionsPerSource = 4_000

const ipBindAddressNoPort = 24

// bindSource gives a connection on this machine one of the source addresses 127.0.GROUP.x.
func bindSource(fd int, target [4]byte, group, index int) error {
	if target[0] != 127 {
		return nil
	}
	syscall.SetsockoptInt(fd, syscall.IPPROTO_IP, ipBindAddressNoPort, 1)
	source := [4]byte{127, 0, byte(group), byte(1 + index/connectionsPerSource)}
	return syscall.Bind(fd, &syscall.SockaddrInet4{Addr: source})
}

// upgrade opens a WebSocket and returns its blocking descriptor, and the data received after the answer.
func upgrade(address string, receiveBuffer int) (int, []byte, error) {
	target, err := url.Parse(address)
	if err != nil {
		return 0, nil, err
	}
	fd, err := dial(target.Host, receiveBuffer)
	if err != nil {
		return 0, nil, err
	}
	request := fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", target.RequestURI(), target.Host)
	if err := writeAll(fd, []byte(request)); err != nil {
		return 0, nil, err
	}
	head, rest, err := readHead(fd)
	if err != nil {
		return 0, nil, err
	}
	if !strings.HasPrefix(head, "HTTP/1.1 101") {
		return 0, nil, fmt.Errorf("expected an upgrade, got %q", head)
	}
	return fd, rest, nil
}

// readHead reads the head of an HTTP answer, and the data received with it.
func readHead(fd int) (string, []byte, error) {
	var got []byte
	buffer := make([]byte, 4096)
	for {
		n, err := syscall.Read(fd, buffer)
		if err != nil {
			return "", nil, err
		}
		if n == 0 {
			return "", nil, fmt.Errorf("expected an answer, got the end after %q", got)
		}
		got = append(got, buffer[:n]...)
		if end := bytes.Index(got, []byte("\r\n\r\n")); end >= 0 {
			return string(got[:end]), got[end+4:], nil
		}
	}
}

func writeAll(fd int, data []byte) error {
	for len(data) > 0 {
		n, err := syscall.Write(fd, data)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}

// appendFrame appends a client's frame, masked as RFC 6455 requires. The masking key is zero, which leaves the payload unchanged.
func appendFrame(to []byte, opcode byte, payload []byte) []byte {
	to = append(to, 0x80|opcode)
	switch length := len(payload); {
	case length < 126:
		to = append(to, 0x80|byte(length))
	case length < 65536:
		to = append(to, 0x80|126)
		to = binary.BigEndian.AppendUint16(to, uint16(length))
	default:
		to = append(to, 0x80|127)
		to = binary.BigEndian.AppendUint64(to, uint64(length))
	}
	to = append(to, 0, 0, 0, 0)
	return append(to, payload...)
}

// nextFrame reads a server's frame from the beginning of data; size is 0 when it is incomplete.
func nextFrame(data []byte) (opcode byte, payload []byte, size int) {
	if len(data) < 2 {
		return 0, nil, 0
	}
	header, length := 2, int(data[1]&0x7f)
	switch {
	case length == 126 && len(data) >= 4:
		header, length = 4, int(binary.BigEndian.Uint16(data[2:]))
	case length == 127 && len(data) >= 10:
		header, length = 10, int(binary.BigEndian.Uint64(data[2:]))
	case length >= 126:
		return 0, nil, 0
	}
	if len(data) < header+length {
		return 0, nil, 0
	}
	return data[0] & 0x0f, data[header : header+length], header + length
}
