package main

import (
	"context"
	"fmt"

	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
)

const reconsumeMax = 2

// retryToDeadLetters: a message that is never consumed comes back as often as configured and then
// lies in %DLQ%group under its original ids.
func retryToDeadLetters(c *cluster, seen report) error {
	topic, _, err := c.createTopic(1)
	if err != nil {
		return err
	}
	group := c.name("group")
	// The first heartbeat of a group makes its retry topic; a client that knows the topic from its
	// start need not wait for its next periodic rebalance, 20 s later.
	first, err := c.consume(group, topic, "*", newInbox().take)
	if err != nil {
		return err
	}
	if err := c.awaitTopic("%RETRY%" + group); err != nil {
		return err
	}
	if err := first.Shutdown(); err != nil {
		return err
	}
	attempts := newInbox()
	refuse := func(ctx context.Context, messages ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
		if concurrently, known := primitive.GetConcurrentlyCtx(ctx); known {
			concurrently.DelayLevelWhenNextConsume = 1
		}
		attempts.add(messages)
		return consumer.ConsumeRetryLater, nil
	}
	_, err = c.consume(group, topic, "*", refuse, consumer.WithMaxReconsumeTimes(reconsumeMax))
	if err != nil {
		return err
	}
	sender, err := c.producer()
	if err != nil {
		return err
	}
	sent := primitive.NewMessage(topic, []byte{42}).WithTag("tag").WithKeys([]string{"key"})
	sent.WithProperty("kept", "yes")
	result, err := sender.SendSync(context.Background(), sent)
	if err != nil {
		return err
	}
	if err := c.awaitTopic("%DLQ%" + group); err != nil {
		return err
	}
	dead := newInbox()
	if _, err := c.consume(c.name("reader"), "%DLQ%"+group, "*", dead.take); err != nil {
		return err
	}
	letters, err := dead.await(1, deliveryLimit)
	if err != nil {
		return err
	}
	seen["attempts"] = len(attempts.all())
	return checkDeadLetter(letters[0], attempts.all(), result)
}

func checkDeadLetter(
	dead *primitive.MessageExt, attempts []*primitive.MessageExt, sent *primitive.SendResult,
) error {
	if len(attempts) != reconsumeMax+1 {
		return fmt.Errorf("%d attempts", len(attempts))
	}
	for i, attempt := range attempts {
		if int(attempt.ReconsumeTimes) != i || attempt.MsgId != sent.MsgID {
			return fmt.Errorf("attempt %d: %v", i, attempt)
		}
	}
	origin := dead.GetProperty(primitive.PropertyOriginMessageId)
	if dead.MsgId != sent.MsgID || origin != sent.OffsetMsgID {
		return fmt.Errorf("ids %s and %s, sent %v", dead.MsgId, origin, sent)
	}
	if dead.GetTags() != "tag" || dead.GetKeys() != "key" || dead.GetProperty("kept") != "yes" ||
		len(dead.Body) != 1 || dead.Body[0] != 42 {
		return fmt.Errorf("dead letter %v", dead)
	}
	return nil
}
