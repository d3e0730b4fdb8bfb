package main

import "math/bits"

// Buckets per power of two: limits the error of a quantile to 1.6 %.
const subBuckets = 64

// Histogram counts durations in microseconds, in buckets that grow with the duration.
type Histogram struct {
	counts [64 * subBuckets]int64
	total  int64
}

func bucketOf(value int64) int {
	if value < subBuckets {
		return int(max(value, 0))
	}
	exponent := bits.Len64(uint64(value)) - 7
	return (exponent+1)*subBuckets + int(value>>exponent) - subBuckets
}

func valueOf(bucket int) int64 {
	if bucket < subBuckets {
		return int64(bucket)
	}
	exponent := bucket/subBuckets - 1
	return int64(bucket%subBuckets+subBuckets) << exponent
}

// Add counts a duration in microseconds.
func (h *Histogram) Add(value int64) {
	h.counts[bucketOf(value)]++
	h.total++
}

// QuantileMs returns the duration in milliseconds that a share of all durations does not exceed.
func (h *Histogram) QuantileMs(share float64) float64 {
	rank := int64(share * float64(h.total))
	for bucket, seen := 0, int64(0); bucket < len(h.counts); bucket++ {
		seen += h.counts[bucket]
		if seen > rank {
			return float64(valueOf(bucket)) / 1000
		}
	}
	return 0
}
