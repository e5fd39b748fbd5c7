package main

import (
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// role is what the program is this time. number and works belong to the scenarios: N of crash:N, seconds of slow:SECONDS,
// and what slow is once it is warm.
type role struct {
	name   string
	number int
	works  string
}

// roles are the words that choose a role, with the number that a scenario has when none is given.
var roles = map[string]int{
	"web": 0, "worker": 0, "migrate": 0, "release": 0, "job": 0, "pause": 0,
	"crash": 1, "fail": 1, "oom": 0, "slow": 5, "never-ready": 0, "hang": 0,
}

// choose decides in this order: the scenario that the image stands for, the name under which the program was started,
// its first argument, and then what the surroundings tell.
func choose(arguments []string, variable func(string) string, host string) (role, error) {
	command := path.Base(arguments[0])
	if command == "pause" {
		return role{name: "pause"}, nil
	}
	words := arguments[1:]
	usual := told(command, words)
	if usual == "" {
		usual = surroundings(variable, host)
	}
	for _, scenario := range []string{variable("DEMO_SCENARIO"), strings.Join(words, ":")} {
		if chosen, ok := parse(scenario); ok {
			chosen.works = usual
			return chosen, nil
		}
	}
	if scenario := variable("DEMO_SCENARIO"); scenario != "" {
		return role{}, fmt.Errorf("DEMO_SCENARIO is %q; it can be crash:N, fail:N, oom, slow:SECONDS, never-ready or hang", scenario)
	}
	if _, known := roles[usual]; !known {
		return role{}, fmt.Errorf("DEMO_ROLE is %q; it can be web, worker, migrate or job", usual)
	}
	return role{name: usual}, nil
}

// told reads a role out of a command line, also out of one that was written for another program, such as
// "rails db:migrate". A scenario is no such role.
func told(command string, words []string) string {
	for _, word := range append([]string{command}, words...) {
		if _, known := roles[word]; known && !scenario(word) {
			return word
		}
		if strings.Contains(word, "migrate") {
			return "migrate"
		}
	}
	return ""
}

// deployed is how a Deployment names its pods: NAME-HASH-SUFFIX, the hash in the ten letters that stand for digits there.
// A Job's pods are NAME-SUFFIX, where NAME has no such end.
var deployed = regexp.MustCompile(`-[456789bcdf]{8,10}-[bcdfghjklmnpqrstvwxz2456789]{5}$`)

// surroundings: who is given a port is asked for answers, who belongs to a Deployment may not end, and who may end is a job.
func surroundings(variable func(string) string, host string) string {
	switch {
	case variable("PORT") != "":
		return "web"
	case variable("DEMO_ROLE") != "":
		return variable("DEMO_ROLE")
	case deployed.MatchString(host):
		return "worker"
	default:
		return "job"
	}
}

func scenario(name string) bool {
	switch name {
	case "crash", "fail", "oom", "slow", "never-ready", "hang":
		return true
	}
	return false
}

// parse reads a scenario such as "crash:3".
func parse(text string) (role, bool) {
	name, tag, _ := strings.Cut(text, ":")
	if !scenario(name) {
		return role{}, false
	}
	number, err := strconv.Atoi(tag)
	if err != nil || number < 0 {
		number = roles[name]
	}
	if name == "crash" || name == "fail" {
		number = min(max(number, 1), 255)
	}
	return role{name: name, number: number}, true
}
