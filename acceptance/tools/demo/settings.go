package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// settings are what the environment asks for.
type settings struct {
	host, port, listen, greeting, image, healthPath, webURL, logged string

	startDelay, crashAfter, unready, delay, drain, interval, duration time.Duration

	// exitCode is negative where none is asked for; crashes tells whether crashAfter was given.
	exitCode, allocateMiB int
	crashes               bool
	busy                  float64
	ignoreTermination     bool
}

// forever stands for a time without an end.
const forever = time.Duration(1<<63 - 1)

func read(variable func(string) string) (settings, error) {
	reader := reader{variable: variable}
	read := settings{
		port:              reader.text("PORT", "8080"),
		listen:            reader.text("DEMO_LISTEN", ""),
		greeting:          reader.text("GREETING", "hello"),
		image:             reader.text("DEMO_IMAGE", ""),
		healthPath:        reader.text("DEMO_HEALTH_PATH", "/healthz"),
		webURL:            reader.text("WEB_URL", ""),
		logged:            reader.text("DEMO_LOG_ENV", ""),
		startDelay:        reader.time("DEMO_START_DELAY", 0),
		crashAfter:        reader.time("DEMO_CRASH_AFTER", 0),
		unready:           reader.timeOrAlways("DEMO_FAIL_READINESS"),
		delay:             reader.time("DEMO_DELAY", 0),
		drain:             reader.time("DEMO_DRAIN", time.Second),
		interval:          max(reader.time("DEMO_INTERVAL", time.Second), time.Millisecond),
		duration:          reader.time("DEMO_DURATION", time.Second),
		exitCode:          int(reader.number("DEMO_EXIT_CODE", -1, 255)),
		allocateMiB:       int(reader.number("DEMO_ALLOCATE_MIB", 0, 1<<20)),
		busy:              reader.number("DEMO_BUSY", 0, 64),
		ignoreTermination: reader.timeOrAlways("DEMO_IGNORE_SIGTERM") > 0,
	}
	read.crashes = variable("DEMO_CRASH_AFTER") != ""
	return read, reader.err
}

// reader keeps the first thing that is wrong.
type reader struct {
	variable func(string) string
	err      error
}

func (r *reader) text(name, otherwise string) string {
	if text := r.variable(name); text != "" {
		return text
	}
	return otherwise
}

// time reads "1.5s" and, as most tools write it, "1.5".
func (r *reader) time(name string, otherwise time.Duration) time.Duration {
	text := r.variable(name)
	if text == "" {
		return otherwise
	}
	if seconds, err := strconv.ParseFloat(text, 64); err == nil && seconds >= 0 && seconds < 1e9 {
		return time.Duration(seconds * float64(time.Second))
	}
	duration, err := time.ParseDuration(text)
	if err != nil || duration < 0 {
		r.wrong(name, text, "a time such as 2, 1.5s or 3m")
	}
	return duration
}

// timeOrAlways reads a switch that can also be on for a time only.
func (r *reader) timeOrAlways(name string) time.Duration {
	switch strings.ToLower(r.variable(name)) {
	case "", "0", "false", "no":
		return 0
	case "1", "true", "yes":
		return forever
	}
	return r.time(name, 0)
}

func (r *reader) number(name string, otherwise, most float64) float64 {
	text := r.variable(name)
	if text == "" {
		return otherwise
	}
	number, err := strconv.ParseFloat(text, 64)
	if err != nil || number < 0 || number > most {
		r.wrong(name, text, fmt.Sprintf("a number from 0 to %.0f", most))
	}
	return number
}

func (r *reader) wrong(name, text, expected string) {
	if r.err == nil {
		r.err = fmt.Errorf("%s is %q; it can be %s", name, text, expected)
	}
}

// misbehave begins what runs beside the role: the load, and the end that was asked for.
func (s settings) misbehave() {
	if s.allocateMiB > 0 {
		go allocate(s.allocateMiB)
	}
	if s.busy > 0 {
		go burn(s.busy)
	}
	if s.crashes {
		time.AfterFunc(s.crashAfter, func() {
			code := s.exitCode
			if code < 0 {
				code = 1
			}
			os.Exit(crash(code))
		})
	}
}

// ends is the exit code of a program that serves or works for ever, if it is to end at once.
func (s settings) ends() (int, bool) {
	return s.exitCode, s.exitCode >= 0 && !s.crashes
}
