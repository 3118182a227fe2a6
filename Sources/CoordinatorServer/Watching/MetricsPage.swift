/// `/metrics`: what is counted, as Prometheus reads it.
struct MetricsPage {
    let counted: ServerMetrics.State
    let figures: CoordinatorHost.Figures
    let counter: ByteCounter
    let sessions: Int
    let uploads: Int
    let blobByteCount: UInt64
    /// Whether the reader may see how many have contributed to an open round. For others what moves with every
    /// contribution is left out or counted when its round is sealed.
    let seesOpenRounds: Bool

    /// The page.
    var text: String {
        var page = PrometheusText()
        federation(&page)
        requests(&page)
        page.add("connections", .gauge, "Open connections.", counter.connectionCount)
        page.add("sent_bytes_total", .counter, "Bytes of answers' bodies.", counter.sentTotal)
        page.add("sessions", .gauge, "Sessions.", sessions)
        page.add("parked_polls", .gauge, "Work requests that wait.", figures.parked)
        page.add(
            "ledger_entries", .gauge, "Entries of the ledger.",
            seesOpenRounds ? figures.entries : figures.visibleEntries)
        page.add(
            "resident_memory_bytes", .gauge, "Memory of the process.", ProcessMemory.residentByteCount)
        if seesOpenRounds { traffic(&page) }
        return page.text
    }

    /// What moves with every contribution.
    private func traffic(_ page: inout PrometheusText) {
        page.add("received_bytes_total", .counter, "Bytes of request bodies.", counter.receivedTotal)
        page.add("uploads_underway", .gauge, "Uploads that are not finished.", uploads)
        page.add("blob_bytes", .gauge, "Bytes of models and updates on the disk.", blobByteCount)
        page.add("ledger_commits_total", .counter, "Commands that wrote to the ledger.", figures.commits)
        page.add(
            "ledger_commit_seconds_total", .counter, "Time of those commands, fsync included.",
            figures.commitMs / 1_000)
    }

    private func federation(_ page: inout PrometheusText) {
        page.add(
            "rounds_total", .counter, "Rounds sealed since the start, by outcome.",
            ServerMetrics.outcomes.map { ([("outcome", $0)], counted.rounds[$0] ?? 0) })
        let contributions = seesOpenRounds ? counted.contributions : counted.sealed
        page.add("contributions_accepted_total", .counter, "Contributions that count.", contributions.accepted)
        page.add(
            "contributions_refused_total", .counter, "Contributions that do not count, by reason.",
            contributions.refused.sorted { $0.key < $1.key }.map { ([("reason", $0.key)], $0.value) })
        page.add(
            "paid_units_total", .counter, "Units of 10^-6 token paid since the start.", counted.paid)
        page.add("participants", .gauge, "Registered participants.", figures.participants)
        page.add("participants_available", .gauge, "Participants heard of lately.", figures.available)
        page.add("participants_ejected_total", .counter, "Participants left out for a while.", counted.ejected)
        page.add("tasks_failed_total", .counter, "Tasks that stand still.", counted.failedTasks)
    }

    private func requests(_ page: inout PrometheusText) {
        page.add(
            "requests_total", .counter, "Requests answered, by endpoint and status.",
            counted.answers.filter { isShown($0.key.route) }.sorted { $0.key < $1.key }.map {
                ([("endpoint", $0.key.route), ("status", String($0.key.status))], $0.value)
            })
        page.head("request_seconds", .histogram, "Time from a request's headers to the end of its answer.")
        for (route, histogram) in counted.durations.sorted(by: { $0.key < $1.key }) where isShown(route) {
            var below: UInt64 = 0
            for (bound, count) in zip(ServerMetrics.bounds, histogram.counts) {
                below += count
                page.line("request_seconds_bucket", [("endpoint", route), ("le", "\(bound)")], below)
            }
            page.line("request_seconds_bucket", [("endpoint", route), ("le", "+Inf")], histogram.total)
            page.line("request_seconds_sum", [("endpoint", route)], histogram.sum)
            page.line("request_seconds_count", [("endpoint", route)], histogram.total)
        }
    }

    private func isShown(_ route: String) -> Bool { seesOpenRounds || !Route.namesOfContributing.contains(route) }
}
