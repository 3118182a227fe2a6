import AsyncHTTPClient
import NIOSSL
import Subprocess

/// placeholder
enum AgentClientProbe {}
