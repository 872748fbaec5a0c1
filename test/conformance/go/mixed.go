package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"

	rocketmq "github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

const (
	mixedQueues = 4
	asyncBurst  = 5
	bodyMax     = 65_536
)

// mixedTraffic sends bodies of 1 B to 64 KiB sync, async and oneway, one lane per queue, while a
// push consumer takes them: byte-equal, each once, none that was not sent, order kept per queue.
func mixedTraffic(count int) scenario {
	return func(c *cluster, seen report) error {
		topic, queues, err := c.createTopic(mixedQueues)
		if err != nil {
			return err
		}
		box := newInbox()
		if _, err := c.consume(c.name("group"), topic, "*", box.take); err != nil {
			return err
		}
		sender, err := c.producer(producer.WithQueueSelector(producer.NewManualQueueSelector()))
		if err != nil {
			return err
		}
		failures := make([]error, mixedQueues)
		var lanes sync.WaitGroup
		for lane, queue := range queues {
			lanes.Add(1)
			go func() {
				defer lanes.Done()
				failures[lane] = sendLane(sender, queue, lane, count)
			}()
		}
		lanes.Wait()
		if err := errors.Join(failures...); err != nil {
			return err
		}
		delivered, err := box.await(count, 60*time.Second)
		if err != nil {
			return err
		}
		seen["delivered"] = len(delivered)
		return checkMixed(delivered, count)
	}
}

// sendLane begins a step when everything acknowledged of the step before is acknowledged: between
// steps the broker has no choice of order, inside a burst of async sends it has.
func sendLane(sender rocketmq.Producer, queue *primitive.MessageQueue, index, count int) error {
	step := 0
	for index < count {
		var burst []*primitive.Message
		for i := 0; i < asyncBurst && index < count; i++ {
			burst = append(burst, mixedMessage(queue, index, step, false))
			index += mixedQueues
		}
		if err := sendBurst(sender, burst); err != nil {
			return err
		}
		step++
		for i := 0; i < 3 && index < count; i++ {
			result, err := sender.SendSync(context.Background(), mixedMessage(queue, index, step, false))
			if err != nil {
				return err
			}
			if result.Status != primitive.SendOK {
				return fmt.Errorf("sync send: %v", result)
			}
			index += mixedQueues
			step++
		}
		for i := 0; i < 2 && index < count; i++ {
			err := sender.SendOneWay(context.Background(), mixedMessage(queue, index, step, true))
			if err != nil {
				return err
			}
			index += mixedQueues
		}
	}
	return nil
}

func sendBurst(sender rocketmq.Producer, burst []*primitive.Message) error {
	answers := make(chan error, len(burst))
	for _, message := range burst {
		err := sender.SendAsync(context.Background(),
			func(_ context.Context, _ *primitive.SendResult, failure error) {
				answers <- failure
			}, message)
		if err != nil {
			return err
		}
	}
	for range burst {
		if err := <-answers; err != nil {
			return err
		}
	}
	return nil
}

func mixedMessage(queue *primitive.MessageQueue, index, step int, oneway bool) *primitive.Message {
	message := primitive.NewMessage(queue.Topic, mixedBody(index))
	message.Queue = queue
	message.WithProperty("index", strconv.Itoa(index))
	message.WithProperty("step", strconv.Itoa(step))
	message.WithProperty("oneway", strconv.FormatBool(oneway))
	return message
}

// mixedBody can be computed by both ends; sizes are spread evenly over the powers of two.
func mixedBody(index int) []byte {
	random := rand.New(rand.NewPCG(uint64(index), 1))
	size := int(math.Round(math.Pow(2, random.Float64()*16)))
	switch index {
	case 0:
		size = 1
	case 1:
		size = bodyMax
	}
	body := make([]byte, size)
	for i := range body {
		if index%2 == 0 {
			body[i] = byte(random.Uint32())
		} else {
			body[i] = byte('a' + (i/7+index)%26)
		}
	}
	return body
}

// checkMixed looks at each queue in the order of its offsets: the Go client hands the messages of
// one queue to several goroutines, so the order of its callbacks says nothing.
func checkMixed(delivered []*primitive.MessageExt, count int) error {
	times := make([]int, count)
	byQueue := map[int][]*primitive.MessageExt{}
	for _, message := range delivered {
		index, err := strconv.Atoi(message.GetProperty("index"))
		if err != nil {
			return err
		}
		if times[index]++; times[index] > 1 {
			return fmt.Errorf("message %d was delivered again", index)
		}
		if !bytes.Equal(message.Body, mixedBody(index)) {
			return fmt.Errorf("the body of message %d differs", index)
		}
		byQueue[message.Queue.QueueId] = append(byQueue[message.Queue.QueueId], message)
	}
	for queue, messages := range byQueue {
		slices.SortFunc(messages, func(a, b *primitive.MessageExt) int {
			return int(a.QueueOffset - b.QueueOffset)
		})
		latest := 0
		for position, message := range messages {
			step, err := strconv.Atoi(message.GetProperty("step"))
			if err != nil {
				return err
			}
			if message.QueueOffset != int64(position) {
				return fmt.Errorf("queue %d: offset %d at place %d", queue, message.QueueOffset, position)
			}
			// A oneway message has no acknowledgement, so nothing says when it must have arrived.
			if step < latest && message.GetProperty("oneway") == "false" {
				return fmt.Errorf("queue %d: step %d behind step %d", queue, step, latest)
			}
			latest = max(latest, step)
		}
	}
	return nil
}
