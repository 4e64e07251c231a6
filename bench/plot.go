package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// The plot has a panel for each body: the ratio to bare Echo over the number of
// paths, both on logarithmic axes, with a label at the end of each line.
const (
	panelWidth, panelHeight = 460, 320
	left, right             = 56, 170 // of the axes in a panel
	top, bottom             = 40, 46
	lineHeight              = 14 // of labels
)

const style = `<style>
text { font: 12px system-ui, sans-serif; fill: #57606a }
.title { font-weight: 600; font-size: 13px }
.grid { stroke: #8c959f; stroke-opacity: .3 }
.one { stroke: #8c959f; stroke-dasharray: 4 3 }
.line { fill: none; stroke-width: 1.5 }
.ours { stroke-width: 3 }
@media (prefers-color-scheme: dark) { text { fill: #b1bac4 } }
</style>
`

// colours are legible on white and on black.
var colours = map[string]string{
	"bare": "#7d8590", "strict": "#a8763e", "ours": "#1f9d55", "kin-gorillamux": "#d1495b", "nethttp-middleware": "#c26ad6",
	"huma": "#3d84d6", "libopenapi-validator": "#d98a1e",
}

// plot renders the results as an SVG.
func plot(results []result) string {
	var svg strings.Builder
	columns, lines := 2, (len(bodies())+1)/2
	width, height := columns*panelWidth, lines*panelHeight
	fmt.Fprintf(&svg, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[2]d" width="%[1]d" height="%[2]d" role="img">`+"\n",
		width, height)
	svg.WriteString("<title>Time of a request as a ratio to bare Echo, by the number of paths in the document</title>\n" + style)
	for i, b := range bodies() {
		fmt.Fprintf(&svg, `<g transform="translate(%d %d)">`+"\n", i%columns*panelWidth, i/columns*panelHeight)
		newPanel(results, b).draw(&svg)
		svg.WriteString("</g>\n")
	}
	svg.WriteString("</svg>\n")
	return svg.String()
}

// panel is the part of the plot that shows one body.
type panel struct {
	results   []result
	body      body
	low, high float64
}

func newPanel(results []result, b body) panel {
	p := panel{results: results, body: b, low: 1, high: 1}
	for _, r := range results {
		if r.body == b.name {
			p.low, p.high = min(p.low, r.ratio), max(p.high, r.ratio)
		}
	}
	p.low, p.high = p.low/1.15, p.high*1.15
	return p
}

func (p panel) x(paths int) float64 {
	fraction := math.Log(float64(paths)) / math.Log(float64(sizes[len(sizes)-1]))
	return left + fraction*(panelWidth-left-right)
}

func (p panel) y(ratio float64) float64 {
	fraction := math.Log(ratio/p.low) / math.Log(p.high/p.low)
	return panelHeight - bottom - fraction*(panelHeight-top-bottom)
}

func (p panel) draw(b *strings.Builder) {
	end := float64(panelWidth - right)
	fmt.Fprintf(b, `<text class="title" x="%d" y="20">%s: time of a request, bare Echo = 1</text>`+"\n", left, p.body.name)
	for _, tick := range []float64{0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000} {
		if tick < p.low || tick > p.high {
			continue
		}
		class := "grid"
		if tick == 1 {
			class = "one"
		}
		fmt.Fprintf(b, `<line class="%s" x1="%d" x2="%.1f" y1="%.1f" y2="%.1f"/>`+"\n",
			class, left, end, p.y(tick), p.y(tick))
		fmt.Fprintf(b, `<text text-anchor="end" x="%d" y="%.1f">%v×</text>`+"\n", left-6, p.y(tick)+4, tick)
	}
	for _, paths := range sizes {
		x := p.x(paths)
		fmt.Fprintf(b, `<line class="grid" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/>`+"\n", x, x, top, panelHeight-bottom)
		fmt.Fprintf(b, `<text text-anchor="middle" x="%.1f" y="%d">%d</text>`+"\n", x, panelHeight-bottom+16, paths)
	}
	fmt.Fprintf(b, `<text text-anchor="middle" x="%.1f" y="%d">paths in the document</text>`+"\n",
		(left+end)/2, panelHeight-bottom+34)
	p.lines(b)
}

// label is the name of a variant at the end of its line.
type label struct {
	variant string
	ratio   float64
	y       float64
}

func (p panel) lines(b *strings.Builder) {
	var labels []label
	for _, v := range variants {
		var points []string
		for _, paths := range sizes {
			r := find(p.results, v.name, paths, p.body.name)
			points = append(points, fmt.Sprintf("%.1f,%.1f", p.x(paths), p.y(r.ratio)))
		}
		class := "line"
		if v.name == "ours" {
			class = "line ours"
		}
		fmt.Fprintf(b, `<polyline class="%s" stroke="%s" points="%s"/>`+"\n",
			class, colours[v.name], strings.Join(points, " "))
		for _, point := range points {
			x, y, _ := strings.Cut(point, ",")
			fmt.Fprintf(b, `<circle r="3" fill="%s" cx="%s" cy="%s"/>`+"\n", colours[v.name], x, y)
		}
		last := find(p.results, v.name, sizes[len(sizes)-1], p.body.name).ratio
		labels = append(labels, label{v.name, last, p.y(last)})
	}
	spreadLabels(labels)
	for _, l := range labels {
		fmt.Fprintf(b, `<text x="%d" y="%.1f" style="fill:%s">%s %s</text>`+"\n",
			panelWidth-right+8, l.y+4, colours[l.variant], l.variant, formatFigure(l.ratio))
	}
}

// spreadLabels moves overlapping labels apart and keeps them inside the panel.
func spreadLabels(labels []label) {
	slices.SortFunc(labels, func(a, b label) int { return cmp.Compare(a.y, b.y) })
	for i := 1; i < len(labels); i++ {
		labels[i].y = max(labels[i].y, labels[i-1].y+lineHeight)
	}
	limit := float64(panelHeight - bottom)
	for i := len(labels) - 1; i >= 0; i-- {
		labels[i].y = min(labels[i].y, limit)
		limit = labels[i].y - lineHeight
	}
}
