package server

import (
	"context"
	"fmt"
	"strconv"

	"github.com/peering/peering/gen"
	api "github.com/peering/peering/gen/server"
	"github.com/peering/peering/internal/peering"
)

// statusRunning is the status code of every cluster: clusters start at once and
// never stop.
const statusRunning = 5

// defaultClusterLimit is the page size if the request does not set a limit.
const defaultClusterLimit = 10

// CreateCluster handles POST /v1.0/{project_id}/reserved_cluster.
func (h *handlers) CreateCluster(
	ctx context.Context, request api.CreateClusterRequestObject,
) (api.CreateClusterResponseObject, error) {
	body := request.Body
	idem, err := idempotency(ctx, request.Params.IdempotencyKey, "createCluster", request.ProjectID, body)
	if err != nil {
		return nil, err
	}
	c, replayed, err := h.peerings.CreateCluster(ctx, peering.Cluster{
		ClusterRef:        peering.ClusterRef{Project: peering.ID(request.ProjectID)},
		VPC:               peering.VPC{Tenant: h.tenant},
		Name:              body.Name,
		Description:       body.Desc,
		VPCCIDR:           body.VPCCIDR,
		SubnetCIDR:        body.SubnetCIDR,
		SubnetGateway:     body.SubnetGateway,
		MaximumSPU:        value(body.MaximumSPUQuota),
		ManagerNodeSPU:    body.ManagerNodeSPU,
		Tags:              body.Tags,
		EnterpriseProject: body.SysEnterpriseProjectID,
		ARM:               body.IsARMArch,
	}, idem)
	if err != nil {
		return nil, err
	}
	return api.CreateCluster200JSONResponse{
		Body: gen.ClusterCreated{
			MessageID:   "CS.21000",
			Message:     fmt.Sprintf("Cluster %s is created successfully.", c.ID),
			Payload:     gen.ClusterCreatedPayload{ClusterID: c.ID},
			CurrentTime: c.CreatedAt.UnixMilli(),
		},
		Headers: api.CreateCluster200ResponseHeaders{IdempotencyReplayed: replayedHeader(replayed)},
	}, nil
}

// ListClusters handles GET /v1.0/{project_id}/reserved_clusters.
func (h *handlers) ListClusters(
	ctx context.Context, request api.ListClustersRequestObject,
) (api.ListClustersResponseObject, error) {
	params := request.Params
	query := peering.ClusterQuery{
		Name:       value(params.Name),
		Limit:      defaultClusterLimit,
		Before:     params.Next != nil && !*params.Next,
		Descending: params.Order == nil || *params.Order == gen.ListClustersParamsOrderDesc,
	}
	if params.Limit != nil {
		query.Limit = int(*params.Limit)
	}
	if cursor := value(params.Cursor); cursor != "" {
		number, err := strconv.ParseInt(cursor, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("cursor that passed validation: %w", err)
		}
		query.Cursor = number
	}
	page := gen.ClusterPage{Clusters: []gen.Cluster{}}
	if params.Status == nil || *params.Status == statusRunning {
		found, total, err := h.peerings.Clusters(ctx, peering.ID(request.ProjectID), query)
		if err != nil {
			return nil, err
		}
		page.Total = int32(total) //nolint:gosec // a project has fewer than two billion clusters
		for _, c := range found {
			page.Clusters = append(page.Clusters, cluster(c))
		}
	}
	return api.ListClusters200JSONResponse{Body: gen.ClusterList{
		MessageID:   "CS.20040",
		Message:     "Querying of the cluster list succeeds.",
		Payload:     page,
		CurrentTime: h.now().UnixMilli(),
	}}, nil
}

// ShowCluster handles GET /v1.0/{project_id}/reserved_cluster/{cluster_id}.
func (h *handlers) ShowCluster(
	ctx context.Context, request api.ShowClusterRequestObject,
) (api.ShowClusterResponseObject, error) {
	c, err := h.peerings.Cluster(ctx, clusterRef(request.ProjectID, request.ClusterID))
	if err != nil {
		return nil, err
	}
	return api.ShowCluster200JSONResponse{Body: gen.ClusterShown{
		MessageID:   "CS.21010",
		Message:     "Querying the cluster information succeeds.",
		Payload:     cluster(c),
		CurrentTime: h.now().UnixMilli(),
	}}, nil
}

// UpdateCluster handles PATCH /v1.0/{project_id}/reserved_cluster/{cluster_id}.
func (h *handlers) UpdateCluster(
	ctx context.Context, request api.UpdateClusterRequestObject,
) (api.UpdateClusterResponseObject, error) {
	body := request.Body
	err := h.peerings.UpdateCluster(ctx, clusterRef(request.ProjectID, request.ClusterID), peering.ClusterChange{
		Name:              body.Name,
		Description:       body.Desc,
		MaximumSPU:        body.MaximumSPUQuota,
		ManagerNodeSPU:    body.ManagerNodeSPU,
		Tags:              body.Tags,
		EnterpriseProject: body.SysEnterpriseProjectID,
	})
	if err != nil {
		return nil, err
	}
	return api.UpdateCluster200JSONResponse{Body: h.message("CS.21030", "Cluster %s is updated successfully.", request.ClusterID)}, nil
}

// DeleteCluster handles
// DELETE /v1.0/{project_id}/reserved_cluster/{cluster_id}.
func (h *handlers) DeleteCluster(
	ctx context.Context, request api.DeleteClusterRequestObject,
) (api.DeleteClusterResponseObject, error) {
	if err := h.peerings.DeleteCluster(ctx, clusterRef(request.ProjectID, request.ClusterID)); err != nil {
		return nil, err
	}
	return api.DeleteCluster200JSONResponse{Body: h.message("CS.21020", "Cluster %s is deleted successfully.", request.ClusterID)}, nil
}

func (h *handlers) message(id, format, clusterID string) gen.ClusterMessage {
	return gen.ClusterMessage{MessageID: id, Message: fmt.Sprintf(format, clusterID), CurrentTime: h.now().UnixMilli()}
}

// cluster returns the CS root's representation of a cluster.
func cluster(c peering.Cluster) gen.Cluster {
	return gen.Cluster{
		ClusterID:              c.Number(),
		Name:                   c.Name,
		Desc:                   c.Description,
		StatusCode:             statusRunning,
		StatusName:             "cluster_running",
		StatusDesc:             "cluster_running",
		MaximumSPUQuota:        c.MaximumSPU,
		CreatedAt:              c.CreatedAt.UnixMilli(),
		VPCCIDR:                c.VPCCIDR,
		SubnetCIDR:             c.SubnetCIDR,
		SubnetGateway:          c.SubnetGateway,
		ManagerNodeSPU:         c.ManagerNodeSPU,
		SysEnterpriseProjectID: c.EnterpriseProject,
	}
}
