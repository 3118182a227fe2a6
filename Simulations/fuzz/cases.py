"""Every case, and how often it comes."""
import cases_sessions as sessions
import cases_bodies as bodies
import cases_heads as heads
import cases_uploads as uploads
import cases_connections as connections

# Weight and case. Those that open a connection of their own cost ten times the others.
CASES = [
    (14, sessions.valid), (3, sessions.valid_session), (3, sessions.bad_challenge), (2, sessions.stolen_role),
    (4, sessions.bad_token), (4, sessions.no_token), (4, sessions.wrong_role), (2, sessions.unregistered),
    (2, sessions.bad_invitation), (2, sessions.banned), (1, sessions.banned_session), (16, bodies.mutated_message),
    (2, bodies.cut_body), (3, bodies.lying_length), (2, bodies.short_length), (1, bodies.oversized_body),
    (2, bodies.announced_giant), (2, bodies.needless_body), (3, bodies.chunked), (2, heads.oversized_head),
    (3, heads.odd_head), (3, heads.wrong_method), (2, heads.head_method), (3, heads.odd_request_line),
    (5, heads.odd_path), (4, heads.odd_query), (1, uploads.wrong_chunk), (1, uploads.fresh_upload),
    (3, uploads.wrong_announcement), (2, uploads.unannounced), (2, uploads.uninvited_upload),
    (2, uploads.foreign_update), (2, uploads.chunk_out_of_range), (3, uploads.forged_contribution),
    (3, uploads.wrong_statement), (2, uploads.replayed_contribution), (1, uploads.second_contribution),
    (1, connections.pipelined), (2, connections.plain_text), (2, connections.broken_handshake),
    (1, connections.garbage_in_tls), (3, connections.reset_in_between), (0.05, connections.hammered),
]
