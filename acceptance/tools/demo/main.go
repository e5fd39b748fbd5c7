// Demo is every program of the sandbox's own images: a web app, a worker, a migration, a job, the pause container, and
// programs that fail in the ways that programs of users fail. It knows no Kubernetes: README.md lists what tells it what to do.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	role, err := choose(os.Args, os.Getenv, host)
	if err != nil {
		refuse(err)
	}
	if role.name == "pause" {
		pause()
		return
	}
	settings, err := read(os.Getenv)
	if err != nil {
		refuse(err)
	}
	settings.host = host
	os.Exit(run(role, settings))
}

// run carries a role out and returns the exit code.
func run(role role, settings settings) int {
	terminated := make(chan os.Signal, 1)
	if settings.ignoreTermination {
		signal.Ignore(syscall.SIGTERM)
		signal.Notify(terminated, syscall.SIGINT)
	} else {
		signal.Notify(terminated, syscall.SIGTERM, syscall.SIGINT)
	}
	if settings.logged != "" {
		fmt.Printf("%s=%s\n", settings.logged, os.Getenv(settings.logged))
	}
	if !wait(settings.startDelay, terminated) {
		return stoppedCode
	}
	settings.misbehave()
	switch role.name {
	case "web":
		return web(settings, terminated)
	case "worker":
		return worker(settings, terminated)
	case "migrate", "release":
		return migrate(settings, terminated)
	case "crash", "fail":
		return crash(role.number)
	case "oom":
		return outOfMemory()
	case "slow":
		return slow(role, settings, terminated)
	case "never-ready":
		return neverReady(terminated)
	case "hang":
		return hang(terminated)
	default:
		return job(settings, terminated)
	}
}

// stoppedCode is what a shell reports for a program that SIGTERM ended: 128 + 15.
const stoppedCode = 143

// usageCode is sysexits' EX_USAGE: told apart at a glance from the codes that a user asks for.
const usageCode = 64

func refuse(err error) {
	fmt.Fprintln(os.Stderr, "demo:", err)
	os.Exit(usageCode)
}
