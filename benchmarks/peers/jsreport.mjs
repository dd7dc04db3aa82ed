// jsreport with its docx recipe, over HTTP on loopback: node jsreport.mjs TEMPLATE PORT; says "ready" once it serves.
// POST /api/report with {"template": {"name": "plan"}, "data": {...}} answers with the document.
import fs from 'node:fs'
import jsreport from '@jsreport/jsreport-core'
import docx from '@jsreport/jsreport-docx'
import handlebars from '@jsreport/jsreport-handlebars'
import express from '@jsreport/jsreport-express'

const [templateFile, port] = process.argv.slice(2)
const server = jsreport({
  httpPort: Number(port),
  // As many as Folio has that write.
  workers: { numberOfWorkers: 2 },
  discover: false,
  loadConfig: false,
  logger: { silent: true },
  store: { provider: 'memory' }
})
server.use(docx()).use(handlebars()).use(express())
await server.init()
server.beforeRenderListeners.add('template', request => {
  request.template = {
    engine: 'handlebars',
    recipe: 'docx',
    docx: { templateAsset: { content: content, encoding: 'base64' } }
  }
})
const content = fs.readFileSync(templateFile).toString('base64')
process.stdout.write('ready\n')
