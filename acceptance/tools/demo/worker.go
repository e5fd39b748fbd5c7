package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// worker works until it is terminated. With WEB_URL its work is to ask a web app, so that its log shows whether one app
// reaches another.
func worker(settings settings, terminated <-chan os.Signal) int {
	if code, ends := settings.ends(); ends {
		return crash(code)
	}
	if settings.webURL == "" {
		fmt.Println("waiting for work")
	} else {
		fmt.Printf("asking %s every %s\n", settings.webURL, settings.interval)
	}
	// A connection for each question: a kept one would hide which pod answers, and that the last one is gone.
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for done := 1; ; done++ {
		if settings.webURL != "" {
			fmt.Println(ask(client, settings.webURL))
		} else if done%10 == 0 {
			fmt.Printf("%d messages handled\n", done)
		}
		if !wait(settings.interval, terminated) {
			fmt.Printf("stopped after %d rounds\n", done)
			return 0
		}
	}
}

// ask is one line about one question.
func ask(client *http.Client, address string) string {
	begun := time.Now()
	response, err := client.Get(address)
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		return fmt.Sprintf("Error: %s does not answer: %v; trying again", address, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 200))
	if err != nil {
		return fmt.Sprintf("Error: %s answers in part: %v; trying again", address, err)
	}
	line, _, _ := strings.Cut(string(body), "\n")
	if response.StatusCode != http.StatusOK {
		return fmt.Sprintf("Error: %s answers %s: %s; trying again", address, response.Status, line)
	}
	return fmt.Sprintf("%s answers in %s: %s", address, since(begun), line)
}
