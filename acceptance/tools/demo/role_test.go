package main

import "testing"

func TestTheRoleIsChosen(t *testing.T) {
	type variables = map[string]string
	for _, test := range []struct {
		command   []string
		variables variables
		host      string
		expected  role
	}{
		{[]string{"/app/bin/demo"}, variables{"PORT": "8080"}, "web-6cd9f5c88d-x2b9f", role{name: "web"}},
		{[]string{"/app/bin/demo"}, nil, "queue-6cd9f5c88d-x2b9f", role{name: "worker"}},
		{[]string{"/app/bin/demo"}, nil, "report-29373640-x2b9f", role{name: "job"}},
		{[]string{"/app/bin/demo"}, nil, "migrate-5c9d4f7-x2b9f", role{name: "job"}},
		{[]string{"/app/bin/demo"}, variables{"DEMO_ROLE": "worker"}, "a", role{name: "worker"}},
		{[]string{"/app/bin/demo"}, variables{"DEMO_ROLE": "worker", "PORT": "80"}, "a", role{name: "web"}},
		{[]string{"bin/worker"}, variables{"PORT": "80"}, "a", role{name: "worker"}},
		{[]string{"bin/migrate"}, nil, "a", role{name: "migrate"}},
		{[]string{"bin/rails", "db:migrate"}, nil, "a", role{name: "migrate"}},
		{[]string{"bin/rails", "report:daily"}, nil, "a", role{name: "job"}},
		{[]string{"demo", "web"}, nil, "a", role{name: "web"}},
		{[]string{"demo", "crash", "3"}, nil, "a", role{name: "crash", number: 3, works: "job"}},
		{[]string{"demo", "fail:300"}, nil, "a", role{name: "fail", number: 255, works: "job"}},
		{[]string{"demo"}, variables{"DEMO_SCENARIO": "crash:latest"}, "a", role{name: "crash", number: 1, works: "job"}},
		{[]string{"demo"}, variables{"DEMO_SCENARIO": "slow", "PORT": "80"}, "a", role{name: "slow", number: 5, works: "web"}},
		{[]string{"bin/worker"}, variables{"DEMO_SCENARIO": "oom"}, "a", role{name: "oom", works: "worker"}},
		{[]string{"/app/bin/pause"}, variables{"DEMO_SCENARIO": "oom"}, "a", role{name: "pause"}},
	} {
		chosen, err := choose(test.command, func(name string) string { return test.variables[name] }, test.host)
		if err != nil || chosen != test.expected {
			t.Errorf("%v %v on %s: %+v, %v; expected %+v", test.command, test.variables, test.host, chosen, err, test.expected)
		}
	}
}

func TestWhatIsNoRoleIsRefused(t *testing.T) {
	for name, expected := range map[string]string{
		"DEMO_ROLE":     `DEMO_ROLE is "wbe"; it can be web, worker, migrate or job`,
		"DEMO_SCENARIO": `DEMO_SCENARIO is "wbe"; it can be crash:N, fail:N, oom, slow:SECONDS, never-ready or hang`,
	} {
		_, err := choose([]string{"demo"}, func(asked string) string {
			if asked == name {
				return "wbe"
			}
			return ""
		}, "a")
		if err == nil || err.Error() != expected {
			t.Errorf("%v; expected %s", err, expected)
		}
	}
}

func TestSettingsAreRead(t *testing.T) {
	for text, expected := range map[string]string{"1.5": "1.5s", "300ms": "300ms", "": "0s"} {
		settings, err := read(func(name string) string { return map[string]string{"DEMO_DELAY": text}[name] })
		if err != nil || settings.delay.String() != expected {
			t.Errorf("%q: %v, %v", text, settings.delay, err)
		}
	}
	_, err := read(func(name string) string { return map[string]string{"DEMO_EXIT_CODE": "many"}[name] })
	if err == nil || err.Error() != `DEMO_EXIT_CODE is "many"; it can be a number from 0 to 255` {
		t.Error(err)
	}
}
