import { describeFileHandle } from '@overlapped/conformance';

describeFileHandle();
