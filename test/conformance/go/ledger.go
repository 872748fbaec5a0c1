package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	rocketmq "github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

const (
	ledgerThreads   = 4
	ledgerPause     = 20 * time.Millisecond
	ledgerLineEvery = 100 * time.Millisecond
)

// ledgerLines prints what a long-running client tells of each of its messages, in lines of
// "<word> <longest gap in ms> <id> <id> ...". The gap is the longest time between two of them since
// the line before, the time that is still running included.
type ledgerLines struct {
	lock    sync.Mutex
	word    string
	ids     strings.Builder
	latest  time.Time
	longest time.Duration
}

func (l *ledgerLines) add(id string) {
	l.lock.Lock()
	defer l.lock.Unlock()
	l.longest = max(l.longest, time.Since(l.latest))
	l.latest = time.Now()
	l.ids.WriteString(" " + id)
}

func (l *ledgerLines) print() {
	l.lock.Lock()
	defer l.lock.Unlock()
	l.longest = max(l.longest, time.Since(l.latest))
	fmt.Printf("%s %d%s\n", l.word, l.longest.Milliseconds(), l.ids.String())
	l.ids.Reset()
	l.longest = 0
}

// printUntilEnded returns when SIGTERM has come; atEnd runs before the last line.
func (l *ledgerLines) printUntilEnded(atEnd func() error) error {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM)
	ticks := time.NewTicker(ledgerLineEvery)
	for {
		select {
		case <-ticks.C:
			l.print()
		case <-asked:
			err := atEnd()
			l.print()
			return err
		}
	}
}

// ledgerProduce sends until it is ended and prints the id of each message that was answered
// SEND_OK; a send that failed is made again.
func ledgerProduce(nameServers []string, topic, name string) error {
	sender, err := rocketmq.NewProducer(
		producer.WithNsResolver(primitive.NewPassthroughResolver(nameServers)),
		producer.WithGroupName("ledger_"+name))
	if err != nil {
		return err
	}
	if err := sender.Start(); err != nil {
		return err
	}
	lines := &ledgerLines{word: "acknowledged", latest: time.Now()}
	var next atomic.Int64
	for range ledgerThreads {
		go func() {
			for {
				id := fmt.Sprintf("%s-%d", name, next.Add(1))
				for !sendOnce(sender, topic, id) {
					time.Sleep(ledgerPause)
				}
				lines.add(id)
				time.Sleep(ledgerPause)
			}
		}()
	}
	return lines.printUntilEnded(func() error { return nil })
}

func sendOnce(sender rocketmq.Producer, topic, id string) bool {
	message := primitive.NewMessage(topic, []byte(id))
	result, err := sender.SendSync(context.Background(), message)
	return err == nil && result.Status == primitive.SendOK
}

// ledgerConsume consumes until it is ended and prints the id of each message that it was given.
func ledgerConsume(nameServers []string, topic, name string) error {
	receiver, err := rocketmq.NewPushConsumer(
		consumer.WithNsResolver(primitive.NewPassthroughResolver(nameServers)),
		consumer.WithGroupName("ledger_"+name),
		consumer.WithConsumeFromWhere(consumer.ConsumeFromFirstOffset))
	if err != nil {
		return err
	}
	lines := &ledgerLines{word: "consumed", latest: time.Now()}
	everything := consumer.MessageSelector{Type: consumer.TAG, Expression: "*"}
	err = receiver.Subscribe(topic, everything, func(
		_ context.Context, messages ...*primitive.MessageExt,
	) (consumer.ConsumeResult, error) {
		for _, message := range messages {
			lines.add(string(message.Body))
		}
		return consumer.ConsumeSuccess, nil
	})
	if err != nil {
		return err
	}
	if err := receiver.Start(); err != nil {
		return err
	}
	return lines.printUntilEnded(receiver.Shutdown)
}
