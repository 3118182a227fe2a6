import ArgumentParser
import Attestation
import CoordinatorServer
import Foundation

/// `tributary coordinator renew`: a new certificate in the place of one that has expired, or whose key got out.
struct CoordinatorRenew: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "renew", abstract: "Make a new self-signed certificate, with a new key.",
        discussion: """
            The old pair is kept beside it as certificate.pem.old-1 and key.pem.old-1. Agents pin the certificate, so that
            every agent needs a new join string; the log's key, the ledger and everybody's tokens stay as they are. A
            coordinator that runs goes on with the old one until it gets SIGHUP or is started again.

            EXAMPLES
              tributary coordinator renew
              tributary coordinator renew --home /srv/tributary
            """)

    @OptionGroup var home: CoordinatorHomeOption
    @OptionGroup var output: OutputOptions

    struct Answer: Encodable {
        let certificate: String
        let keptCertificate: String
        let keptKey: String

        enum CodingKeys: String, CodingKey {
            case certificate
            case keptCertificate = "kept_certificate"
            case keptKey = "kept_key"
        }
    }

    func run() throws {
        let folder = home.folder
        let renewed = try folder.renewCertificate(nowSeconds: Int64(CoordinatorService.systemMs() / 1_000))
        let fingerprint = renewed.certificate.fingerprint.hex
        if output.json {
            return try Envelope.print(
                command: "coordinator renew",
                Answer(certificate: fingerprint, keptCertificate: renewed.kept[0], keptKey: renewed.kept[1]))
        }
        Terminal.line(
            """
            certificate  \(fingerprint)
            kept         \(renewed.kept.joined(separator: ", "))

            Agents pin the certificate: they do not speak to a server that shows another one, and join strings of before
            are void. The log key is the same.
            next: kill -HUP $(cat \(folder.processID)), or start the coordinator again, which shows it
            then: tributary coordinator invite --open\(home.flag), and on every agent's machine
                  tributary agent join JOIN-STRING, then start the agent again
            """)
    }
}
