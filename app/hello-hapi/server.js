// hello-hapi: one route, GET /ping -> {"success":true}.
//
// PORT (3000) and HOST (0.0.0.0) say where it listens, DRAIN_SECONDS (2) how
// long it keeps answering after SIGTERM, SHUTDOWN_SECONDS (10) how long requests
// under way may then take.
import { pathToFileURL } from 'node:url';
import Hapi from '@hapi/hapi';

/** Returns a number from the environment, or the default if it is unset. */
function number(name, fallback) {
    const value = Number(process.env[name] || fallback);
    if (!Number.isFinite(value) || value < 0) {
        throw new Error(`${name} must be a number of at least 0, not "${process.env[name]}"`);
    }
    return value;
}

/** Makes the server with its route; it does not listen yet. */
export function createServer(options = {}) {
    const server = Hapi.server({
        port: number('PORT', 3000),
        host: process.env.HOST || '0.0.0.0',
        ...options
    });
    server.route({
        method: 'GET',
        path: '/ping',
        options: { cache: { otherwise: 'no-store' } },
        handler: () => ({ success: true })
    });
    return server;
}

/** Stops the server on the first SIGTERM or SIGINT; a second one ends at once. */
function stopOnSignal(server) {
    const drain = number('DRAIN_SECONDS', 2) * 1000;
    const timeout = number('SHUTDOWN_SECONDS', 10) * 1000;
    const stop = async (signal) => {
        process.once('SIGTERM', () => process.exit(1)).once('SIGINT', () => process.exit(1));
        console.log(JSON.stringify({ event: 'stopping', signal }));
        // A pod is sent SIGTERM while nodes still route connections to it: keep
        // answering until they have all learned that it is going.
        if (signal === 'SIGTERM') {
            await new Promise((resolve) => setTimeout(resolve, drain));
        }
        await server.stop({ timeout });
        process.exit(0);
    };
    const handlers = ['SIGTERM', 'SIGINT'].map((signal) => [signal, () => {
        handlers.forEach(([name, handler]) => process.removeListener(name, handler));
        stop(signal);
    }]);
    handlers.forEach(([name, handler]) => process.on(name, handler));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
    const server = createServer();
    await server.start();
    stopOnSignal(server);
    console.log(JSON.stringify({ event: 'listening', uri: server.info.uri }));
}
