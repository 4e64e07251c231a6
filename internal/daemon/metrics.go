package daemon

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	dto "github.com/prometheus/client_model/go"
)

// newRegistry returns a registry with the metrics of the process and the build.
func newRegistry() *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collectors.NewBuildInfoCollector(),
	)
	return registry
}

// withEtcd adds the metrics of an embedded etcd, such as disk latency and
// database size. etcd registers them at the library's default registry, whose
// metrics of the process are duplicates.
func withEtcd(registry *prometheus.Registry, embedded bool) prometheus.Gatherer {
	if !embedded {
		return registry
	}
	return prometheus.Gatherers{registry, prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) {
		families, err := prometheus.DefaultGatherer.Gather()
		var found []*dto.MetricFamily
		for _, f := range families {
			if strings.HasPrefix(f.GetName(), "etcd_") {
				found = append(found, f)
			}
		}
		return found, err
	})}
}
