// A peer, its template and the data -> the same document filled as often as asked, with the CPU each time took.
//
// node fill.mjs PEER TEMPLATE DATA; then a line a fill on standard input: empty, or where to keep what was written.
// Answers a line a fill: {"cpu": milliseconds of this process, all its threads, "size": bytes}.
// Whatever a peer can prepare once (compiled templates, caches) it has prepared before the first answer.
import fs from 'node:fs'
import readline from 'node:readline'

const [peer, templateFile, dataFile] = process.argv.slice(2)
const template = fs.readFileSync(templateFile)
const data = JSON.parse(fs.readFileSync(dataFile, 'utf8'))

const makers = {
  async carbone () {
    const { default: carbone } = await import('carbone')
    return () => new Promise((resolve, reject) =>
      carbone.render(templateFile, data, (error, result) => error ? reject(error) : resolve(result)))
  },
  async docxtemplater () {
    const [{ default: Docxtemplater }, { default: PizZip }] = await Promise.all([import('docxtemplater'), import('pizzip')])
    return async () => {
      const document = new Docxtemplater(new PizZip(template), { linebreaks: true })
      document.render(data)
      return document.getZip().generate({ type: 'nodebuffer', compression: 'DEFLATE' })
    }
  },
  async 'easy-template-x' () {
    const { TemplateHandler } = await import('easy-template-x')
    const handler = new TemplateHandler()
    return () => handler.process(template, data)
  },
  async exceljs () {
    const { default: ExcelJS } = await import('exceljs')
    return async () => {
      const book = new ExcelJS.Workbook()
      await book.xlsx.load(template)
      for (const sheet of book.worksheets) append(sheet)
      return book.xlsx.writeBuffer()
    }
  }
}

// The row that holds the names is repeated, with its styles; as little as exceljs can do.
function append (sheet) {
  let model = 0
  const names = []
  sheet.eachRow((row, number) => {
    row.eachCell((cell, column) => {
      const tag = /^\{(\w+)\}$/.exec(String(cell.value))
      if (tag) { model = number; names[column] = tag[1] }
    })
  })
  if (!model) return
  const styles = names.map((_, column) => sheet.getCell(model, column).style)
  const height = sheet.getRow(model).height
  data.acciones.forEach((action, index) => {
    const row = sheet.getRow(model + index)
    row.height = height
    names.forEach((name, column) => {
      const cell = row.getCell(column)
      cell.value = action[name]
      cell.style = styles[column]
    })
  })
}

const fill = await makers[peer]()
for await (const line of readline.createInterface({ input: process.stdin })) {
  const before = process.cpuUsage()
  const written = Buffer.from(await fill())
  const spent = process.cpuUsage(before)
  if (line) fs.writeFileSync(line, written)
  process.stdout.write(JSON.stringify({ cpu: (spent.user + spent.system) / 1000, size: written.length }) + '\n')
}
