// Conformance runs scenarios against a cluster through the unmodified Go client.
//
// Usage: conformance <name server> <broker> <scenario>...
//
//	conformance ledger-produce|ledger-consume <name servers> <topic> <name>
//
// The second form runs until SIGTERM. The first prints one JSON line per scenario and exits 0 only if
// every one of them held. Refuses scenario names it does not know. ROCKETMQ_GO_LOG_LEVEL is the client's own switch for its log.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"
)

type scenario func(*cluster, report) error

// report holds what a scenario saw; it becomes one line of JSON.
type report map[string]any

var scenarios = map[string]scenario{
	"mixed10k":   mixedTraffic(10_000),
	"tags":       tagFilter,
	"batch":      batchSend,
	"oneway":     onewaySend,
	"unicode":    unicodeText,
	"retryToDlq": retryToDeadLetters,
	"orderly":    orderlyConsumption,
}

var longRunning = map[string]func(nameServers []string, topic, name string) error{
	"ledger-produce": ledgerProduce,
	"ledger-consume": ledgerConsume,
}

const scenarioLimit = 90 * time.Second

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "usage: conformance <name server> <broker> <scenario>...")
		os.Exit(2)
	}
	long, isLong := longRunning[os.Args[1]]
	if isLong && len(os.Args) == 5 {
		if err := long(strings.Split(os.Args[2], ";"), os.Args[3], os.Args[4]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	held := true
	for _, name := range os.Args[3:] {
		held = runOne(os.Args[1], os.Args[2], name) && held
	}
	if !held {
		os.Exit(1)
	}
}

func runOne(nameServer, broker, name string) bool {
	seen := report{}
	started := time.Now()
	done := make(chan error, 1)
	go func() {
		run, known := scenarios[name]
		if !known {
			done <- fmt.Errorf("no scenario %s", name)
			return
		}
		c := newCluster(nameServer, broker, name)
		err := run(c, seen)
		c.close()
		done <- err
	}()
	var failure error
	select {
	case failure = <-done:
	case <-time.After(scenarioLimit):
		// The scenario still writes to its own report, so this one starts anew.
		seen = report{}
		failure = fmt.Errorf("not over after %v", scenarioLimit)
	}
	seen["millis"] = time.Since(started).Milliseconds()
	seen["ok"] = failure == nil
	if failure != nil {
		seen["failure"] = failure.Error()
	}
	fmt.Println(line(name, seen))
	return failure == nil
}

// line puts the scenario first, by which the reader tells reports from what the client logs.
func line(name string, seen report) string {
	rest, err := json.Marshal(seen)
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf(`{"scenario":%q,%s`, name, rest[1:])
}
