package main

import (
	"context"
	"fmt"
	"time"

	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

// orderlyConsumption: a consumer that locks its queues takes each queue's messages in order.
func orderlyConsumption(c *cluster, seen report) error {
	const count = 400
	topic, queues, err := c.createTopic(4)
	if err != nil {
		return err
	}
	sender, err := c.producer(producer.WithQueueSelector(producer.NewManualQueueSelector()))
	if err != nil {
		return err
	}
	box := newInbox()
	_, err = c.consume(c.name("group"), topic, "*", box.take, consumer.WithConsumerOrder(true))
	if err != nil {
		return err
	}
	for i := range count {
		message := primitive.NewMessage(topic, []byte{byte(i)})
		message.Queue = queues[i%len(queues)]
		if _, err := sender.SendSync(context.Background(), message); err != nil {
			return err
		}
	}
	delivered, err := box.await(count, 60*time.Second)
	if err != nil {
		return err
	}
	next := map[int]int64{}
	for _, message := range delivered {
		queue := message.Queue.QueueId
		if message.QueueOffset != next[queue] {
			return fmt.Errorf("queue %d: offset %d after %d", queue, message.QueueOffset, next[queue]-1)
		}
		next[queue]++
	}
	seen["delivered"] = len(delivered)
	return nil
}
