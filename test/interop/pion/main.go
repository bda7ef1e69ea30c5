// A DTLS 1.2 peer on pion/dtls for the interop tests (RFC 6347, RFC 9146): a server that echoes, or a client that is told what to do.
package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"flag"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/pion/dtls/v3"
)

var said sync.Mutex

// One line for each thing that happens: a word and its values.
func say(format string, values ...any) {
	said.Lock()
	defer said.Unlock()
	fmt.Printf(format+"\n", values...)
}

func fail(err error) {
	say("failed %v", err)
	os.Exit(1)
}

// store keeps sessions for resumption in memory.
type store struct {
	lock     sync.Mutex
	sessions map[string]dtls.Session
}

func (s *store) Set(key []byte, session dtls.Session) error {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.sessions[string(key)] = session
	return nil
}

func (s *store) Get(key []byte) (dtls.Session, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.sessions[string(key)], nil
}

func (s *store) Del(key []byte) error {
	s.lock.Lock()
	defer s.lock.Unlock()
	delete(s.sessions, string(key))
	return nil
}

// movable is a socket that can be exchanged for one with another port.
type movable struct {
	lock   sync.Mutex
	socket *net.UDPConn
}

func bind() *net.UDPConn {
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		fail(err)
	}
	return socket
}

func (m *movable) now() *net.UDPConn {
	m.lock.Lock()
	defer m.lock.Unlock()
	return m.socket
}

func (m *movable) move() {
	m.lock.Lock()
	old := m.socket
	m.socket = bind()
	m.lock.Unlock()
	_ = old.Close()
}

func (m *movable) ReadFrom(p []byte) (int, net.Addr, error) {
	for {
		socket := m.now()
		n, from, err := socket.ReadFrom(p)
		// The socket was exchanged while we waited.
		if err != nil && socket != m.now() {
			continue
		}
		return n, from, err
	}
}
func (m *movable) WriteTo(p []byte, to net.Addr) (int, error) { return m.now().WriteTo(p, to) }
func (m *movable) Close() error                               { return m.now().Close() }
func (m *movable) LocalAddr() net.Addr                        { return m.now().LocalAddr() }
func (m *movable) SetDeadline(t time.Time) error              { return m.now().SetDeadline(t) }
func (m *movable) SetReadDeadline(t time.Time) error          { return m.now().SetReadDeadline(t) }
func (m *movable) SetWriteDeadline(t time.Time) error         { return m.now().SetWriteDeadline(t) }

var suites = map[string]dtls.CipherSuiteID{
	"CCM_8":     dtls.TLS_PSK_WITH_AES_128_CCM_8,
	"GCM":       dtls.TLS_PSK_WITH_AES_128_GCM_SHA256,
	"CBC":       dtls.TLS_PSK_WITH_AES_128_CBC_SHA256,
	"ECDHE_CBC": dtls.TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256,
}

func describe(conn *dtls.Conn) string {
	state, _ := conn.ConnectionState()
	return fmt.Sprintf("session=%x identity=%x", state.SessionID, state.IdentityHint)
}

func main() {
	address := flag.String("address", "127.0.0.1:0", "where to listen, or to connect to")
	identity := flag.String("identity", "device", "PSK identity (client), or hint (server)")
	key := flag.String("key", "", "PSK in hex")
	suite := flag.String("suite", "CCM_8", "CCM_8, GCM, CBC or ECDHE_CBC")
	cid := flag.Int("cid", -1, "octets of our Connection ID; 0: only the peer's; -1: none")
	mtu := flag.Int("mtu", 0, "MTU of the handshake")
	noVerify := flag.Bool("no-cookie", false, "server without HelloVerifyRequest")
	flag.Parse()
	psk, err := hex.DecodeString(*key)
	if err != nil {
		fail(err)
	}
	known := *identity
	secret := func(asked []byte) ([]byte, error) {
		if flag.Arg(0) == "server" && string(asked) != known {
			return nil, fmt.Errorf("identity unknown")
		}
		return psk, nil
	}
	config := &dtls.Config{
		PSK:                     secret,
		PSKIdentityHint:         []byte(known),
		CipherSuites:            []dtls.CipherSuiteID{suites[*suite]},
		ExtendedMasterSecret:    dtls.RequireExtendedMasterSecret,
		SessionStore:            &store{sessions: map[string]dtls.Session{}},
		MTU:                     *mtu,
		InsecureSkipVerifyHello: *noVerify,
	}
	if *cid == 0 {
		config.ConnectionIDGenerator = dtls.OnlySendCIDGenerator()
	} else if *cid > 0 {
		config.ConnectionIDGenerator = dtls.RandomCIDGenerator(*cid)
	}
	where, err := net.ResolveUDPAddr("udp4", *address)
	if err != nil {
		fail(err)
	}
	if flag.Arg(0) == "server" {
		serve(where, config)
	} else {
		ask(where, config)
	}
}

// serve echoes whatever comes, to wherever it came from.
func serve(at *net.UDPAddr, config *dtls.Config) {
	listener, err := dtls.Listen("udp4", at, config)
	if err != nil {
		fail(err)
	}
	say("listening %v", listener.Addr())
	go func() {
		for {
			accepted, err := listener.Accept()
			if err != nil {
				say("refused %v", err)
				continue
			}
			go echo(accepted.(*dtls.Conn))
		}
	}()
	// Ends with its standard input.
	for input := bufio.NewScanner(os.Stdin); input.Scan(); {
	}
}

func echo(conn *dtls.Conn) {
	within, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	if err := conn.HandshakeContext(within); err != nil {
		say("refused %v", err)
		_ = conn.Close()
		return
	}
	say("connected %s", describe(conn))
	buffer := make([]byte, 1<<16)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			say("closed %v", err)
			return
		}
		say("received %x from %v", buffer[:n], conn.RemoteAddr())
		if _, err := conn.Write(buffer[:n]); err != nil {
			say("closed %v", err)
			return
		}
	}
}

// ask does what its standard input says: connect, send HEX, port, close.
func ask(to *net.UDPAddr, config *dtls.Config) {
	var conn *dtls.Conn
	var socket *movable
	for input := bufio.NewScanner(os.Stdin); input.Scan(); {
		words := strings.Fields(input.Text())
		if len(words) == 0 {
			continue
		}
		switch words[0] {
		case "connect":
			socket = &movable{socket: bind()}
			made, err := dtls.Client(socket, to, config)
			if err != nil {
				fail(err)
			}
			within, cancel := context.WithTimeout(context.Background(), 60*time.Second)
			err = made.HandshakeContext(within)
			cancel()
			if err != nil {
				say("failed %v", err)
				continue
			}
			conn = made
			say("connected %s", describe(conn))
			go listen(conn)
		case "send":
			octets, err := hex.DecodeString(words[1])
			if err == nil && conn != nil {
				_, err = conn.Write(octets)
			}
			if err != nil {
				say("failed %v", err)
			}
		case "port":
			socket.move()
			say("moved %v", socket.LocalAddr())
		case "close":
			_ = conn.Close()
		}
	}
}

func listen(conn *dtls.Conn) {
	buffer := make([]byte, 1<<16)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			say("closed %v", err)
			return
		}
		say("received %x", buffer[:n])
	}
}
