import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { createServer } from './server.js';

test('GET /ping answers success', async () => {
    const response = await createServer().inject('/ping');
    assert.equal(response.statusCode, 200);
    assert.equal(response.payload, '{"success":true}');
    assert.match(response.headers['content-type'], /application\/json/);
});

test('any other path is not found', async () => {
    const response = await createServer().inject('/');
    assert.equal(response.statusCode, 404);
});

test('SIGTERM drains and ends with code 0', async () => {
    const child = spawn(process.execPath, [new URL('server.js', import.meta.url).pathname], {
        env: { ...process.env, PORT: '0', HOST: '127.0.0.1', DRAIN_SECONDS: '0.2' }
    });
    const [line] = await once(child.stdout, 'data');
    const { uri } = JSON.parse(line);
    child.kill('SIGTERM');
    await once(child.stdout, 'data');
    const response = await fetch(`${uri}/ping`);
    assert.deepEqual(await response.json(), { success: true });
    const [code] = await once(child, 'exit');
    assert.equal(code, 0);
});
