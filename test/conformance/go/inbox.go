package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
)

// inbox collects deliveries in their order.
type inbox struct {
	lock      sync.Mutex
	delivered []*primitive.MessageExt
	arrived   chan struct{}
}

func newInbox() *inbox {
	return &inbox{arrived: make(chan struct{}, 1)}
}

func (i *inbox) take(
	_ context.Context, messages ...*primitive.MessageExt,
) (consumer.ConsumeResult, error) {
	i.add(messages)
	return consumer.ConsumeSuccess, nil
}

func (i *inbox) add(messages []*primitive.MessageExt) {
	i.lock.Lock()
	i.delivered = append(i.delivered, messages...)
	i.lock.Unlock()
	select {
	case i.arrived <- struct{}{}:
	default:
	}
}

func (i *inbox) all() []*primitive.MessageExt {
	i.lock.Lock()
	defer i.lock.Unlock()
	return append([]*primitive.MessageExt(nil), i.delivered...)
}

// await returns the deliveries once there are at least count of them.
func (i *inbox) await(count int, limit time.Duration) ([]*primitive.MessageExt, error) {
	late := time.After(limit)
	for {
		delivered := i.all()
		if len(delivered) >= count {
			return delivered, nil
		}
		select {
		case <-i.arrived:
		case <-late:
			return nil, fmt.Errorf("%d of %d messages within %v", len(delivered), count, limit)
		}
	}
}

// requireExactly wants each id delivered once and nothing else.
func (i *inbox) requireExactly(ids []string) error {
	times := map[string]int{}
	for _, message := range i.all() {
		times[message.MsgId]++
	}
	for _, id := range ids {
		if times[id] != 1 {
			return fmt.Errorf("%s was delivered %d times", id, times[id])
		}
		delete(times, id)
	}
	if len(times) > 0 {
		return fmt.Errorf("%d delivered that were not expected", len(times))
	}
	return nil
}
