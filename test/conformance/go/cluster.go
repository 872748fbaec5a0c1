package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	rocketmq "github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/admin"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

const askAgain = 20 * time.Millisecond

// topicAdmin is the part of the client's admin that scenarios use.
type topicAdmin interface {
	CreateTopic(ctx context.Context, opts ...admin.OptionCreate) error
	FetchAllTopicList(ctx context.Context) (*admin.TopicList, error)
	FetchPublishMessageQueues(ctx context.Context, topic string) ([]*primitive.MessageQueue, error)
	Close() error
}

// cluster is the cluster under test as one scenario sees it; close ends every client it handed out.
type cluster struct {
	resolver  primitive.NsResolver
	broker    string
	scenario  string
	suffix    string
	admin     topicAdmin
	instances int
	closers   []func() error
}

func newCluster(nameServer, broker, scenario string) *cluster {
	return &cluster{
		resolver: primitive.NewPassthroughResolver([]string{nameServer}),
		broker:   broker,
		scenario: scenario,
		suffix:   fmt.Sprintf("%d_%d", os.Getpid(), time.Now().UnixNano()%100_000),
	}
}

// name makes a topic or group name that no other scenario or run uses.
func (c *cluster) name(role string) string {
	return fmt.Sprintf("confgo_%s_%s_%s", c.scenario, role, c.suffix)
}

func (c *cluster) instance() string {
	c.instances++
	return fmt.Sprintf("confgo%s%s%d", c.scenario, c.suffix, c.instances)
}

func (c *cluster) admins() (topicAdmin, error) {
	if c.admin == nil {
		made, err := admin.NewAdmin(admin.WithResolver(c.resolver))
		if err != nil {
			return nil, err
		}
		c.admin = made
		c.closers = append(c.closers, made.Close)
	}
	return c.admin, nil
}

// createTopic returns the topic's queues once its route is out.
func (c *cluster) createTopic(queues int) (string, []*primitive.MessageQueue, error) {
	topic := c.name("topic")
	admins, err := c.admins()
	if err != nil {
		return "", nil, err
	}
	err = admins.CreateTopic(context.Background(), admin.WithTopicCreate(topic),
		admin.WithBrokerAddrCreate(c.broker), admin.WithReadQueueNums(queues),
		admin.WithWriteQueueNums(queues))
	if err != nil {
		return "", nil, err
	}
	var routed []*primitive.MessageQueue
	err = eventually("route of "+topic, 10*time.Second, func() bool {
		routed, err = admins.FetchPublishMessageQueues(context.Background(), topic)
		return err == nil && len(routed) == queues
	})
	return topic, routed, err
}

func (c *cluster) awaitTopic(topic string) error {
	admins, err := c.admins()
	if err != nil {
		return err
	}
	return eventually("topic "+topic, 15*time.Second, func() bool {
		list, err := admins.FetchAllTopicList(context.Background())
		return err == nil && slices.Contains(list.TopicList, topic)
	})
}

func (c *cluster) producer(options ...producer.Option) (rocketmq.Producer, error) {
	made, err := rocketmq.NewProducer(append([]producer.Option{
		producer.WithNsResolver(c.resolver),
		producer.WithGroupName(c.name("producer")),
		producer.WithInstanceName(c.instance()),
		producer.WithSendMsgTimeout(15 * time.Second),
	}, options...)...)
	if err != nil {
		return nil, err
	}
	c.closers = append(c.closers, made.Shutdown)
	return made, made.Start()
}

// consume subscribes and starts a push consumer from the first offset.
func (c *cluster) consume(
	group, topic, expression string,
	listener func(context.Context, ...*primitive.MessageExt) (consumer.ConsumeResult, error),
	options ...consumer.Option,
) (rocketmq.PushConsumer, error) {
	made, err := rocketmq.NewPushConsumer(append([]consumer.Option{
		consumer.WithNsResolver(c.resolver),
		consumer.WithGroupName(group),
		consumer.WithInstance(c.instance()),
		consumer.WithConsumeFromWhere(consumer.ConsumeFromFirstOffset),
	}, options...)...)
	if err != nil {
		return nil, err
	}
	selector := consumer.MessageSelector{Type: consumer.TAG, Expression: expression}
	if err := made.Subscribe(topic, selector, listener); err != nil {
		return nil, err
	}
	c.closers = append(c.closers, made.Shutdown)
	return made, made.Start()
}

func (c *cluster) close() {
	for _, closer := range slices.Backward(c.closers) {
		if err := closer(); err != nil {
			fmt.Fprintln(os.Stderr, "close:", err)
		}
	}
}

// eventually asks again every few milliseconds; for what the client gives no event for.
func eventually(what string, limit time.Duration, holds func() bool) error {
	end := time.Now().Add(limit)
	for !holds() {
		if time.Now().After(end) {
			return fmt.Errorf("not within %v: %s", limit, what)
		}
		time.Sleep(askAgain)
	}
	return nil
}
