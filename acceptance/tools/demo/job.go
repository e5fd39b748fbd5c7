package main

import (
	"fmt"
	"os"
	"time"
)

// job works for a while and ends.
func job(settings settings, terminated <-chan os.Signal) int {
	fmt.Println("2 steps to run")
	for step := 1; step <= 2; step++ {
		if !wait(settings.duration/2, terminated) {
			return stopped()
		}
		fmt.Printf("step %d of 2: done\n", step)
	}
	return settings.ended()
}

// migrate does what a migration of a database looks like from outside.
func migrate(settings settings, terminated <-chan os.Signal) int {
	steps := []struct {
		version, what string
		share         time.Duration
	}{
		{"20260112093004", "create table customers", 15},
		{"20260112093118", "create table orders", 20},
		{"20260203141530", "add column orders.currency", 10},
		{"20260217080249", "backfill orders.currency: 48210 rows", 45},
		{"20260217080311", "create index orders_on_customer_id", 10},
	}
	fmt.Printf("schema is at version 20251204101502; %d migrations to run\n", len(steps))
	begun := time.Now()
	for _, step := range steps {
		stepBegun := time.Now()
		if !wait(settings.duration*step.share/100, terminated) {
			fmt.Printf("%s %s: rolled back\n", step.version, step.what)
			return stopped()
		}
		fmt.Printf("%s %s: done in %.3fs\n", step.version, step.what, time.Since(stepBegun).Seconds())
	}
	fmt.Printf("schema is at version %s; took %.2fs\n", steps[len(steps)-1].version, time.Since(begun).Seconds())
	return settings.ended()
}

// ended is the exit code of work that is done: the one that was asked for, with a reason in the log.
func (s settings) ended() int {
	if s.exitCode <= 0 {
		return 0
	}
	return crash(s.exitCode)
}

func stopped() int {
	fmt.Println("stopped before the end")
	return stoppedCode
}

// wait returns false when the program was terminated before the time was over.
func wait(duration time.Duration, terminated <-chan os.Signal) bool {
	if duration <= 0 {
		return true
	}
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-terminated:
		return false
	}
}
