import { NodeFsBackend } from '@overlapped/core/backend';
import { describeBackend } from '@overlapped/conformance';

describeBackend('node-fs', (options) => new NodeFsBackend(options));
