package main

import (
	"encoding/json"
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/peering/peering/client"
)

// columns say how objects of a kind are shown in a table.
type columns[T any] struct {
	header table.Row
	row    func(T) table.Row
}

var peeringHeader = table.Row{"ID", "NAME", "STATUS", "REQUESTER VPC", "REQUESTER TENANT", "ACCEPTER VPC", "ACCEPTER TENANT"}

var clusterPeerings = columns[client.Peering]{
	header: peeringHeader,
	row: func(p client.Peering) table.Row {
		requester, accepter := p.RequestVPCInfo, p.AcceptVPCInfo
		return table.Row{p.ID, p.Name, p.Status, requester.VPCID, requester.TenantID, accepter.VPCID, accepter.TenantID}
	},
}

var vpcPeerings = columns[client.VPCPeering]{
	header: peeringHeader,
	row: func(p client.VPCPeering) table.Row {
		requester, accepter := p.RequestVPCInfo, p.AcceptVPCInfo
		return table.Row{p.ID, p.Name, p.Status, requester.VPCID, requester.TenantID, accepter.VPCID, accepter.TenantID}
	},
}

// show prints what a call answered: one object.
func show[T any](s *session, value T, how columns[T], err error) error {
	if err != nil {
		return err
	}
	if s.output == "json" {
		return s.printJSON(value)
	}
	return s.printTable(how.header, []table.Row{how.row(value)})
}

// showAll prints what a call answered: a list.
func showAll[T any](s *session, values []T, how columns[T], err error) error {
	if err != nil {
		return err
	}
	if s.output == "json" {
		return s.printJSON(values)
	}
	rows := make([]table.Row, len(values))
	for i, value := range values {
		rows[i] = how.row(value)
	}
	return s.printTable(how.header, rows)
}

func (s *session) printJSON(value any) error {
	encoder := json.NewEncoder(s.program.stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

func (s *session) printTable(header table.Row, rows []table.Row) error {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Options = table.OptionsNoBordersAndSeparators
	t.AppendHeader(header)
	t.AppendRows(rows)
	t.SuppressTrailingSpaces()
	if _, err := fmt.Fprintln(s.program.stdout, t.Render()); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}
