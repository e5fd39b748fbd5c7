package main

import (
	"fmt"
	"os"
	"time"
)

// The lines of these programs are those that the sandbox's simulated nodes show for the same images.

// crash says why, as programs do, and returns the code. A program that ends well says nothing.
func crash(code int) int {
	if code == 0 {
		return 0
	}
	fmt.Println("connecting to the database at 10.0.3.4:5432")
	time.Sleep(40 * time.Millisecond)
	fmt.Fprint(os.Stderr, "Error: connect ETIMEDOUT 10.0.3.4:5432\n"+
		"    at connect (/app/db.js:14:9)\n"+
		"    at main (/app/main.js:3:1)\n")
	return code
}

// slow is a usual program that needs its time: to begin as an app, to end as a job.
func slow(role role, settings settings, terminated <-chan os.Signal) int {
	delay := time.Duration(role.number) * time.Second
	switch role.works {
	case "web", "worker":
		fmt.Println("warming the cache")
		if !wait(delay, terminated) {
			return stoppedCode
		}
		if role.works == "web" {
			return web(settings, terminated)
		}
		return worker(settings, terminated)
	default:
		settings.duration = delay
		return job(settings, terminated)
	}
}

// neverReady runs and listens nowhere, so that a probe of any kind fails.
func neverReady(terminated <-chan os.Signal) int {
	fmt.Println(`waiting for the schema: relation "orders" does not exist`)
	<-terminated
	return stoppedCode
}

func hang(terminated <-chan os.Signal) int {
	fmt.Println("waiting for a lock held by another migration")
	<-terminated
	return stoppedCode
}
