/// Curves over rounds as inline SVG.
struct LineChart {
    /// One curve.
    struct Series {
        let name: String
        /// Round and value; values are finite.
        let points: [(round: Int, value: Double)]
    }

    let title: String
    /// Prefix of the ids inside the SVG; unique on the page.
    let id: String
    /// The first is drawn solid with its last value labelled, the second dashed.
    let series: [Series]
    /// Rounds marked on the axis as having had no quorum.
    let gaps: [Int]
    /// The largest value the axis needs to show, such as 100 %.
    var ceiling: Double?
    let label: @Sendable (_ value: Double, _ places: Int) -> String

    private static let (width, height) = (440.0, 250.0)
    private static let (left, right, top, bottom) = (50.0, 70.0, 14.0, 36.0)

    /// The figure, or a note where there is nothing to draw.
    var markup: Markup {
        let all = series.flatMap(\.points)
        guard let low = all.map(\.value).min(), let high = all.map(\.value).max(),
            let firstRound = all.map(\.round).min(), let lastRound = all.map(\.round).max()
        else {
            return
                """
                <figure class="card chart"><figcaption>\(title)</figcaption><p class="soft">\
                Not measured in this run.</p></figure>
                """
        }
        let ticks = AxisTicks(low...max(high, low))
        let values = ceiling.map { limit in ticks.values.filter { $0 <= limit + 1e-9 } } ?? ticks.values
        let (bottomValue, topValue) = (values.first ?? 0, max(values.last ?? 1, ceiling.map { min($0, high) } ?? high))
        let scale = Scale(
            rounds: firstRound...max(lastRound, firstRound),
            values: bottomValue...max(topValue, bottomValue + 1e-12)
        )
        return """
            <figure class="card chart"><figcaption>\(title)\(legend)</figcaption>
            <svg viewBox="0 0 \(Self.width) \(Self.height)" role="img" aria-labelledby="\(id)-t">
            <title id="\(id)-t">\(description)</title>
            \(axes(scale, values: values, places: ticks.places))
            \(Markup.joined(series.enumerated().reversed().map { curve($1, index: $0, scale) }))
            \(lastLabel(scale, places: ticks.places))
            </svg></figure>
            """
    }

    /// Rounds and values as coordinates.
    private struct Scale {
        let rounds: ClosedRange<Int>
        let values: ClosedRange<Double>

        func x(_ round: Int) -> Double {
            let span = Double(rounds.upperBound - rounds.lowerBound)
            let share = span == 0 ? 0.5 : Double(round - rounds.lowerBound) / span
            return LineChart.left + share * (LineChart.width - LineChart.left - LineChart.right)
        }

        func y(_ value: Double) -> Double {
            let share = (value - values.lowerBound) / (values.upperBound - values.lowerBound)
            return LineChart.height - LineChart.bottom - share * (LineChart.height - LineChart.top - LineChart.bottom)
        }
    }

    private var legend: Markup {
        guard series.count > 1 else { return "" }
        let keys = series.enumerated().map { index, one -> Markup in
            """
            <span class="key"><svg viewBox="0 0 22 8" aria-hidden="true"><path class="s\(index)" d="M1 4h20"/>\
            </svg>\(one.name)</span>
            """
        }
        return "<span class=\"keys\">\(Markup.joined(keys))</span>"
    }

    private var description: String {
        let parts = series.compactMap { one -> String? in
            guard let first = one.points.first, let last = one.points.last else { return nil }
            return
                """
                \(one.name) from \(label(first.value, 3)) in round \(first.round) to \(label(last.value, 3)) in \
                round \(last.round)
                """
        }
        return "\(title): \(parts.joined(separator: "; "))"
    }

    private func axes(_ scale: Scale, values: [Double], places: Int) -> Markup {
        var markup: Markup = "<g class=\"axis\">"
        for value in values {
            let y = scale.y(value)
            markup +=
                """
                <path d="M\(Self.left) \(y)H\(Self.width - Self.right)"/>\
                <text x="\(Self.left - 8)" y="\(y + 3.5)" text-anchor="end">\(label(value, places))</text>
                """
        }
        let span = Double(scale.rounds.lowerBound)...Double(scale.rounds.upperBound)
        let base = Self.height - Self.bottom
        for tick in AxisTicks(span, count: 6).values where tick == tick.rounded() && span.contains(tick) {
            let x = scale.x(Int(tick))
            markup +=
                """
                <path class="tick" d="M\(x) \(base)v4"/><text x="\(x)" y="\(base + 17)" text-anchor="middle">\
                \(Int(tick))</text>
                """
        }
        for gap in gaps.prefix(RunLimits.curvePointCount) where scale.rounds.contains(gap) {
            let x = scale.x(gap)
            markup +=
                """
                <path class="gap" d="M\(x - 3) \(base - 3)l6 6m0 -6l-6 6"><title>Round \(gap): no quorum</title>\
                </path>
                """
        }
        let middle = (Self.left + Self.width - Self.right) / 2
        markup +=
            "<text class=\"name\" x=\"\(middle)\" y=\"\(Self.height - 4)\" text-anchor=\"middle\">round</text></g>"
        return markup
    }

    private func curve(_ one: Series, index: Int, _ scale: Scale) -> Markup {
        let points = Self.thinned(one.points)
        var path: Markup = ""
        for (number, point) in points.enumerated() {
            path += "\(number == 0 ? "M" : "L")\(scale.x(point.round)) \(scale.y(point.value))"
        }
        var markup: Markup = ""
        if index == 0, let first = points.first, let last = points.last {
            let base = Self.height - Self.bottom
            markup +=
                "<path class=\"fill\" d=\"\(path)L\(scale.x(last.round)) \(base)L\(scale.x(first.round)) \(base)Z\"/>"
        }
        markup += "<path class=\"s\(index)\" d=\"\(path)\"/>"
        guard points.count <= 150 else { return markup }
        for point in points {
            markup +=
                """
                <circle class="spot" cx="\(scale.x(point.round))" cy="\(scale.y(point.value))" r="5"><title>\
                Round \(point.round), \(one.name): \(label(point.value, 3))</title></circle>
                """
        }
        return markup
    }

    private func lastLabel(_ scale: Scale, places: Int) -> Markup {
        guard let last = series.first?.points.last else { return "" }
        let (x, y) = (scale.x(last.round), scale.y(last.value))
        return """
            <circle class="last" cx="\(x)" cy="\(y)" r="3.6"/>
            <text class="value" x="\(x + 8)" y="\(max(Self.top + 4, y + 4))">\
            \(label(last.value, max(places, 1) + 1))</text>
            """
    }

    /// At most `RunLimits.curvePointCount` of the points, evenly, the last always among them.
    private static func thinned(_ points: [(round: Int, value: Double)]) -> [(round: Int, value: Double)] {
        let stride = (points.count + RunLimits.curvePointCount - 1) / RunLimits.curvePointCount
        guard stride > 1 else { return points }
        return points.enumerated().filter { ($0.offset + 1).isMultiple(of: stride) || $0.offset == points.count - 1 }
            .map(\.element)
    }
}
