#!/usr/bin/env node
'use strict';
// A file that is there before the first build, so that installing can link it.
require('../dist/src/main.js');
