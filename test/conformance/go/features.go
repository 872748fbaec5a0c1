package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/apache/rocketmq-client-go/v2/primitive"
)

const deliveryLimit = 40 * time.Second

// tagFilter: `A || B` delivers these two tags, not the third and not messages without one.
func tagFilter(c *cluster, seen report) error {
	topic, _, err := c.createTopic(2)
	if err != nil {
		return err
	}
	sender, err := c.producer()
	if err != nil {
		return err
	}
	some, all := newInbox(), newInbox()
	_, err1 := c.consume(c.name("some"), topic, "A || B", some.take)
	_, err2 := c.consume(c.name("all"), topic, "*", all.take)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	var every, wanted []string
	for i, tags := 0, []string{"A", "B", "C", ""}; i < 80; i++ {
		message := primitive.NewMessage(topic, []byte{byte(i)})
		if tag := tags[i%4]; tag != "" {
			message.WithTag(tag)
		}
		result, err := sender.SendSync(context.Background(), message)
		if err != nil {
			return err
		}
		every = append(every, result.MsgID)
		if i%4 < 2 {
			wanted = append(wanted, result.MsgID)
		}
	}
	_, err1 = all.await(len(every), deliveryLimit)
	_, err2 = some.await(len(wanted), deliveryLimit)
	seen["matching"] = len(wanted)
	return errors.Join(err1, err2, all.requireExactly(every), some.requireExactly(wanted))
}

// batchSend: a batch is stored as its messages, in order, each with its key, property and body.
func batchSend(c *cluster, seen report) error {
	topic, _, err := c.createTopic(1)
	if err != nil {
		return err
	}
	sender, err := c.producer()
	if err != nil {
		return err
	}
	box := newInbox()
	if _, err := c.consume(c.name("group"), topic, "*", box.take); err != nil {
		return err
	}
	const size = 100
	var batch []*primitive.Message
	for i := range size {
		message := primitive.NewMessage(topic, []byte(fmt.Sprintf("body %d", i)))
		message.WithKeys([]string{fmt.Sprintf("key-%d", i)})
		message.WithProperty("position", fmt.Sprint(i))
		batch = append(batch, message)
	}
	result, err := sender.SendSync(context.Background(), batch...)
	if err != nil {
		return err
	}
	if result.Status != primitive.SendOK {
		return fmt.Errorf("status: %v", result)
	}
	delivered, err := box.await(size, deliveryLimit)
	if err != nil {
		return err
	}
	places := map[int64]bool{}
	for _, message := range delivered {
		at := message.QueueOffset
		places[at] = true
		if string(message.Body) != fmt.Sprintf("body %d", at) ||
			message.GetKeys() != fmt.Sprintf("key-%d", at) ||
			message.GetProperty("position") != fmt.Sprint(at) {
			return fmt.Errorf("offset %d holds %v", at, message)
		}
	}
	if len(places) != size || len(delivered) != size {
		return fmt.Errorf("%d deliveries of %d offsets", len(delivered), len(places))
	}
	seen["batch"] = size
	return nil
}

// onewaySend: sends without an answer arrive all the same, each once.
func onewaySend(c *cluster, seen report) error {
	topic, _, err := c.createTopic(4)
	if err != nil {
		return err
	}
	sender, err := c.producer()
	if err != nil {
		return err
	}
	box := newInbox()
	if _, err := c.consume(c.name("group"), topic, "*", box.take); err != nil {
		return err
	}
	var ids []string
	for i := range 300 {
		message := primitive.NewMessage(topic, mixedBody(i))
		if err := sender.SendOneWay(context.Background(), message); err != nil {
			return err
		}
		ids = append(ids, message.GetProperty(primitive.PropertyUniqueClientMessageIdKeyIndex))
	}
	if _, err := box.await(len(ids), deliveryLimit); err != nil {
		return err
	}
	seen["oneway"] = len(ids)
	return box.requireExactly(ids)
}

// unicodeText: tag, key and property outside ASCII, a surrogate pair among them.
func unicodeText(c *cluster, seen report) error {
	const tag, key, value = "标签🚀", "заказ-42-訂單-🚀", "süß 🚀 日本語"
	topic, _, err := c.createTopic(1)
	if err != nil {
		return err
	}
	sender, err := c.producer()
	if err != nil {
		return err
	}
	box := newInbox()
	if _, err := c.consume(c.name("group"), topic, "*", box.take); err != nil {
		return err
	}
	message := primitive.NewMessage(topic, []byte(value)).WithTag(tag).WithKeys([]string{key})
	message.WithProperty("größe", value)
	if _, err := sender.SendSync(context.Background(), message); err != nil {
		return err
	}
	delivered, err := box.await(1, deliveryLimit)
	if err != nil {
		return err
	}
	got := delivered[0]
	seen["delivered"] = len(delivered)
	if got.GetTags() != tag || got.GetKeys() != key || got.GetProperty("größe") != value ||
		string(got.Body) != value {
		return fmt.Errorf("delivered %v", got)
	}
	return nil
}
