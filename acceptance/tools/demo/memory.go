package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// allocate takes memory as a program does that loads much, and keeps it.
func allocate(mib int) {
	kept := make([][]byte, 0, mib)
	for range mib {
		kept = append(kept, touched(1<<20))
		time.Sleep(time.Millisecond)
	}
	fmt.Printf("%d MiB are in use\n", len(kept))
	select {}
}

// outOfMemory takes memory until the kernel kills the program. It is to fill its container and not the machine: without a
// limit, or with one beyond reach, it ends itself with the code that it would have got.
func outOfMemory() int {
	const step, reach, unlimited = 1 << 20, 2 << 30, 512 << 20
	limit := memoryLimit()
	ceiling := limit + limit/4
	if limit <= 0 || limit > reach {
		limit, ceiling = unlimited, unlimited
	}
	var kept [][]byte
	fmt.Println("loading the catalogue into memory")
	for said := false; len(kept)*step < ceiling; kept = append(kept, touched(step)) {
		if !said && len(kept)*step >= limit/9*4 {
			fmt.Println("4 of 9 segments loaded")
			said = true
			// The log has to hold the line before the kernel ends the program.
			time.Sleep(40 * time.Millisecond)
		}
	}
	fmt.Fprintf(os.Stderr, "demo: the kernel let this program have %d MiB; an oom needs a memory limit below 2 GiB\n", len(kept))
	return 137
}

// touched is memory that the kernel had to hand out.
func touched(size int) []byte {
	memory := make([]byte, size)
	for at := 0; at < size; at += 4096 {
		memory[at] = 1
	}
	return memory
}

// memoryLimit is the container's, in bytes, as cgroups of version 2 or 1 show it, or 0.
func memoryLimit() int {
	for _, file := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		if limit, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil {
			return limit
		}
	}
	return 0
}

// burn keeps that many cores busy, in slices short enough that a metric over seconds shows an even load.
func burn(cores float64) {
	const slice = 20 * time.Millisecond
	for ; cores > 0; cores-- {
		go func(share float64) {
			for {
				begun := time.Now()
				for time.Since(begun) < time.Duration(float64(slice)*share) {
				}
				time.Sleep(slice - time.Duration(float64(slice)*share))
			}
		}(min(cores, 1))
	}
}
