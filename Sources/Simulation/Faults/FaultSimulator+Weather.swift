extension FaultSimulator {
    /// Once a while: links are cut, the disk fills up, clocks jump, agents leave, the operator restarts the
    /// coordinator.
    func changeWeather() {
        guard !faults.isCalm else { return }
        clock.schedule(.weather, atMs: clock.nowMs + SimulationLimits.weatherMs)
        let rates = faults.rates
        for agent in agents {
            if faults.strikes(rates.partition) { cut(agent.index) }
            if case .asking = agent.stage, faults.strikes(rates.leave) { agent.go(.leaving) }
            if faults.strikes(rates.agentCrash) {
                if case .away = agent.stage { continue }
                note(6, UInt64(agent.index)) { "agent \(agent.index) crashes" }
                agent.crash()
            }
            if faults.strikes(rates.timerJump), let request = agent.awaited {
                // Its clock jumps ahead: what it waits for is overdue.
                faults.tally.clockJumps += 1
                agent.timedOut(request)
            }
        }
        if faults.strikes(rates.fullDisk) {
            faults.isDiskFull = true
            clock.schedule(.emptyDisk, atMs: clock.nowMs + faults.draw(1_000...120_000))
        }
        if faults.strikes(rates.clockJump) { jumpClock() }
        if let server, faults.strikes(rates.coordinatorCrash) {
            server.life.hadFault = true
            server.life.hasEnded = true
            serverEnded()
        }
        if server != nil, faults.strikes(rates.stop) { stopServer() }
    }

    private func cut(_ agent: Int) {
        let direction = faults.index(below: 3)
        note(7, UInt64(agent)) { "agent \(agent)'s link is cut" }
        if direction != 1 { cutInward.insert(agent) }
        if direction != 0 { cutOutward.insert(agent) }
        clock.schedule(.heal(agent: agent), atMs: clock.nowMs + faults.draw(500...120_000))
    }

    /// The coordinator's clock is set: by milliseconds, minutes or a day, forward or back.
    private func jumpClock() {
        faults.tally.clockJumps += 1
        let range: UInt64 = [200, 60_000, 86_400_000][faults.index(below: 3)]
        let jump = Int64(faults.draw(0...range))
        clockAheadMs += faults.happens(0.5) ? jump : -jump
        note(8, UInt64(bitPattern: clockAheadMs)) { "the coordinator's clock is now \(clockAheadMs) ms ahead" }
        if let server { clock.schedule(.timer(life: server.life.number, atMs: clock.nowMs), atMs: clock.nowMs) }
    }

    /// No more faults.
    func calmDown() {
        faults.isCalm = true
        faults.isDiskFull = false
        cutInward.removeAll()
        cutOutward.removeAll()
        note(9) { "the faults are over" }
    }
}
