package etcd

import (
	"encoding/json"
	"fmt"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"

	"github.com/peering/peering/internal/peering"
)

// recordVersion is the only version of records that this program reads and
// writes.
const recordVersion = 1

type vpcRecord struct {
	ID     peering.ID `json:"id"`
	Tenant peering.ID `json:"tenant"`
}

type clusterRefRecord struct {
	Project peering.ID `json:"project"`
	ID      string     `json:"id"`
}

type peeringRecord struct {
	Version     int              `json:"version"`
	ID          peering.ID       `json:"id"`
	Name        string           `json:"name"`
	Description string           `json:"description,omitzero"`
	Status      peering.Status   `json:"status"`
	Requester   vpcRecord        `json:"requester"`
	Accepter    vpcRecord        `json:"accepter"`
	Cluster     clusterRefRecord `json:"cluster,omitzero"`
	CreatedAt   time.Time        `json:"created_at"`
	UpdatedAt   time.Time        `json:"updated_at"`
	ExpiresAt   time.Time        `json:"expires_at"`
}

type routeRecord struct {
	Version     int        `json:"version"`
	ID          peering.ID `json:"id"`
	Peering     peering.ID `json:"peering"`
	VPC         vpcRecord  `json:"vpc"`
	Destination string     `json:"destination"`
}

type clusterRecord struct {
	Version           int              `json:"version"`
	Ref               clusterRefRecord `json:"cluster"`
	Name              string           `json:"name"`
	Description       string           `json:"description,omitzero"`
	VPC               vpcRecord        `json:"vpc"`
	VPCCIDR           string           `json:"vpc_cidr"`
	SubnetCIDR        string           `json:"subnet_cidr"`
	SubnetGateway     string           `json:"subnet_gateway,omitzero"`
	MaximumSPU        int32            `json:"maximum_spu,omitzero"`
	ManagerNodeSPU    string           `json:"manager_node_spu,omitzero"`
	Tags              string           `json:"tags,omitzero"`
	EnterpriseProject string           `json:"enterprise_project,omitzero"`
	ARM               bool             `json:"arm,omitzero"`
	CreatedAt         time.Time        `json:"created_at,omitzero"`
}

func recordOfPeering(p peering.Peering) peeringRecord {
	return peeringRecord{
		Version:     recordVersion,
		ID:          p.ID,
		Name:        p.Name,
		Description: p.Description,
		Status:      p.Status,
		Requester:   vpcRecord(p.Requester),
		Accepter:    vpcRecord(p.Accepter),
		Cluster:     clusterRefRecord(p.Cluster),
		CreatedAt:   p.CreatedAt,
		UpdatedAt:   p.UpdatedAt,
		ExpiresAt:   p.ExpiresAt,
	}
}

func decodePeering(kv *mvccpb.KeyValue) (peering.Peering, error) {
	var r peeringRecord
	if err := decode(kv, &r, &r.Version); err != nil {
		return peering.Peering{}, err
	}
	return peering.Peering{
		ID:          r.ID,
		Name:        r.Name,
		Description: r.Description,
		Status:      r.Status,
		Requester:   peering.VPC(r.Requester),
		Accepter:    peering.VPC(r.Accepter),
		Cluster:     peering.ClusterRef(r.Cluster),
		CreatedAt:   r.CreatedAt,
		UpdatedAt:   r.UpdatedAt,
		ExpiresAt:   r.ExpiresAt,
	}, nil
}

func recordOfRoute(r peering.Route) routeRecord {
	return routeRecord{
		Version:     recordVersion,
		ID:          r.ID,
		Peering:     r.Peering,
		VPC:         vpcRecord(r.VPC),
		Destination: r.Destination,
	}
}

func decodeRoute(kv *mvccpb.KeyValue) (peering.Route, error) {
	var r routeRecord
	if err := decode(kv, &r, &r.Version); err != nil {
		return peering.Route{}, err
	}
	return peering.Route{ID: r.ID, Peering: r.Peering, VPC: peering.VPC(r.VPC), Destination: r.Destination}, nil
}

func recordOfCluster(c peering.Cluster) clusterRecord {
	return clusterRecord{
		Version:           recordVersion,
		Ref:               clusterRefRecord(c.ClusterRef),
		Name:              c.Name,
		Description:       c.Description,
		VPC:               vpcRecord(c.VPC),
		VPCCIDR:           c.VPCCIDR,
		SubnetCIDR:        c.SubnetCIDR,
		SubnetGateway:     c.SubnetGateway,
		MaximumSPU:        c.MaximumSPU,
		ManagerNodeSPU:    c.ManagerNodeSPU,
		Tags:              c.Tags,
		EnterpriseProject: c.EnterpriseProject,
		ARM:               c.ARM,
		CreatedAt:         c.CreatedAt,
	}
}

func decodeCluster(kv *mvccpb.KeyValue) (peering.Cluster, error) {
	var r clusterRecord
	if err := decode(kv, &r, &r.Version); err != nil {
		return peering.Cluster{}, err
	}
	return peering.Cluster{
		ClusterRef:        peering.ClusterRef(r.Ref),
		Name:              r.Name,
		Description:       r.Description,
		VPC:               peering.VPC(r.VPC),
		VPCCIDR:           r.VPCCIDR,
		SubnetCIDR:        r.SubnetCIDR,
		SubnetGateway:     r.SubnetGateway,
		MaximumSPU:        r.MaximumSPU,
		ManagerNodeSPU:    r.ManagerNodeSPU,
		Tags:              r.Tags,
		EnterpriseProject: r.EnterpriseProject,
		ARM:               r.ARM,
		CreatedAt:         r.CreatedAt,
	}, nil
}

func encode(record any) (string, error) {
	value, err := json.Marshal(record)
	if err != nil {
		return "", fmt.Errorf("encode record: %w", err)
	}
	return string(value), nil
}

// decodeAll decodes the records of several keys.
func decodeAll[T any](kvs []*mvccpb.KeyValue, decode func(*mvccpb.KeyValue) (T, error)) ([]T, error) {
	objects := make([]T, len(kvs))
	for i, kv := range kvs {
		object, err := decode(kv)
		if err != nil {
			return nil, err
		}
		objects[i] = object
	}
	return objects, nil
}

// decode decodes a record whose version field is *version.
func decode(kv *mvccpb.KeyValue, record any, version *int) error {
	if err := json.Unmarshal(kv.Value, record); err != nil {
		return fmt.Errorf("record %s: %w", kv.Key, err)
	}
	if *version != recordVersion {
		return fmt.Errorf("record %s has version %d; this program supports version %d", kv.Key, *version, recordVersion)
	}
	return nil
}
