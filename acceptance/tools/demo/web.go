package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"
)

// web answers with one line until it is terminated, and then so that a rolling update loses no request.
func web(settings settings, terminated <-chan os.Signal) int {
	if code, ends := settings.ends(); ends {
		return crash(code)
	}
	site := &site{settings: settings, started: time.Now()}
	server := &http.Server{Handler: site}
	listener, err := net.Listen("tcp", net.JoinHostPort(settings.listen, settings.port))
	if err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		return 1
	}
	fmt.Println("listening on port", listener.Addr().(*net.TCPAddr).Port)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		fmt.Fprintln(os.Stderr, "Error:", err)
		return 1
	case <-terminated:
	}
	// Proxies learn that this pod ends at the same time as the pod does: for a moment they still send new requests.
	fmt.Printf("stopping: serving for %s more\n", settings.drain)
	site.draining.Store(true)
	wait(settings.drain, terminated)
	if err := server.Shutdown(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		return 1
	}
	fmt.Printf("stopped after %d requests\n", site.count.Load())
	return 0
}

type site struct {
	settings settings
	started  time.Time
	count    atomic.Int64
	draining atomic.Bool
}

func (s *site) ServeHTTP(response http.ResponseWriter, request *http.Request) {
	if s.draining.Load() {
		// The client's next request goes elsewhere; closing its connection under it could lose that request.
		response.Header().Set("Connection", "close")
	}
	if request.URL.Path == s.settings.healthPath {
		s.health(response, request)
		return
	}
	begun := time.Now()
	select {
	case <-time.After(s.settings.delay):
	case <-request.Context().Done():
		fmt.Printf("%s %s: the client left after %s\n", request.Method, request.URL.Path, since(begun))
		return
	}
	number := s.count.Add(1)
	response.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintf(response, "%s from %s%s, request %d\n", s.settings.greeting, s.settings.host, s.imageSuffix(), number)
	fmt.Printf("%s %s 200 %s\n", request.Method, request.URL.Path, since(begun))
}

// health logs only what is wrong: probes ask so often that nothing else would be found in the log.
func (s *site) health(response http.ResponseWriter, request *http.Request) {
	if time.Since(s.started) < s.settings.unready {
		fmt.Printf("%s %s 503: %s\n", request.Method, request.URL.Path, noSchema)
		http.Error(response, noSchema, http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(response, "ok")
}

const noSchema = "the database has no schema yet"

func (s *site) imageSuffix() string {
	if s.settings.image == "" {
		return ""
	}
	return " (" + s.settings.image + ")"
}

func since(begun time.Time) time.Duration {
	return time.Since(begun).Round(10 * time.Microsecond)
}
