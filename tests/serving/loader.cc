// Answers requests with a SavedModel: TensorFlow's C interface, no Python.
//
//   loader EXPORT REQUESTS ANSWERS
//
// REQUESTS is read line by line; a string is a line with its length, then its bytes:
//   fetch <operation>:<index> <name>   an output of all requests below
//   feed <operation>:<index> <rows>    an input of the next request, then its strings
//   run                                the request is complete
// ANSWERS holds, request by request, of each output a line
//   <name> <TF_DataType> <rank> <dimensions>
// and then its values: the bytes of numbers as they are in memory, or strings as above.
#include <cstdint>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tensorflow/c/c_api.h"
#include "tensorflow/c/tf_tstring.h"

namespace {

TF_TString* strings(const TF_Tensor* tensor) {
  return static_cast<TF_TString*>(TF_TensorData(tensor));
}

struct Delete {
  void operator()(TF_Graph* graph) const { TF_DeleteGraph(graph); }
  void operator()(TF_SessionOptions* found) const { TF_DeleteSessionOptions(found); }
  void operator()(TF_Status* status) const { TF_DeleteStatus(status); }
  void operator()(TF_Tensor* tensor) const {
    if (TF_TensorType(tensor) == TF_STRING) {  // A long one has memory of its own.
      for (std::int64_t i = 0; i < TF_TensorElementCount(tensor); ++i)
        TF_StringDealloc(strings(tensor) + i);
    }
    TF_DeleteTensor(tensor);
  }
};
template <typename T>
using Owned = std::unique_ptr<T, Delete>;

class Model {
 public:
  explicit Model(const char* folder) {
    const Owned<TF_SessionOptions> options{TF_NewSessionOptions()};
    const char* tag = "serve";
    session_ = TF_LoadSessionFromSavedModel(options.get(), nullptr, folder, &tag, 1,
                                            graph_.get(), nullptr, status_.get());
    check();
  }
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;
  ~Model() { TF_DeleteSession(session_, status_.get()); }

  // A tensor of the graph by its name, such as `StatefulPartitionedCall:1`.
  TF_Output find(const std::string& name) const {
    const auto colon = name.rfind(':');
    TF_Operation* operation =
        TF_GraphOperationByName(graph_.get(), name.substr(0, colon).c_str());
    if (colon == std::string::npos || operation == nullptr)
      throw std::runtime_error("the graph has no " + name);
    return {operation, std::stoi(name.substr(colon + 1))};
  }

  std::vector<Owned<TF_Tensor>> run(const std::vector<TF_Output>& feeds,
                                    const std::vector<Owned<TF_Tensor>>& values,
                                    const std::vector<TF_Output>& fetches) const {
    std::vector<TF_Tensor*> given, got(fetches.size());
    for (const auto& value : values) given.push_back(value.get());
    TF_SessionRun(session_, nullptr, feeds.data(), given.data(), feeds.size(),
                  fetches.data(), got.data(), got.size(), nullptr, 0, nullptr,
                  status_.get());
    check();
    return {got.begin(), got.end()};
  }

 private:
  void check() const {
    if (TF_GetCode(status_.get()) != TF_OK)
      throw std::runtime_error(TF_Message(status_.get()));
  }

  const Owned<TF_Status> status_{TF_NewStatus()};
  const Owned<TF_Graph> graph_{TF_NewGraph()};
  TF_Session* session_ = nullptr;
};

Owned<TF_Tensor> read_strings(std::istream& in, std::int64_t rows) {
  Owned<TF_Tensor> tensor{
      TF_AllocateTensor(TF_STRING, &rows, 1, rows * sizeof(TF_TString))};
  for (std::int64_t i = 0; i < rows; ++i) TF_StringInit(strings(tensor.get()) + i);
  std::string line, bytes;
  for (std::int64_t i = 0; i < rows; ++i) {
    if (!std::getline(in, line)) throw std::runtime_error("a string is missing");
    bytes.resize(std::stoull(line));
    if (!in.read(bytes.data(), bytes.size())) throw std::runtime_error("a string ends");
    TF_StringCopy(strings(tensor.get()) + i, bytes.data(), bytes.size());
  }
  return tensor;
}

void write(std::ostream& out, const std::string& name, const TF_Tensor* tensor) {
  out << name << ' ' << TF_TensorType(tensor) << ' ' << TF_NumDims(tensor);
  for (int i = 0; i < TF_NumDims(tensor); ++i) out << ' ' << TF_Dim(tensor, i);
  out << '\n';
  if (TF_TensorType(tensor) != TF_STRING) {
    const auto* bytes = static_cast<const char*>(TF_TensorData(tensor));
    out.write(bytes, TF_TensorByteSize(tensor));
    return;
  }
  for (std::int64_t i = 0; i < TF_TensorElementCount(tensor); ++i) {
    const TF_TString* string = strings(tensor) + i;
    out << TF_StringGetSize(string) << '\n';
    out.write(TF_StringGetDataPointer(string), TF_StringGetSize(string));
  }
}

void answer(const Model& model, std::istream& in, std::ostream& out) {
  std::vector<TF_Output> feeds, fetches;
  std::vector<Owned<TF_Tensor>> values;
  std::vector<std::string> names;
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string verb, tensor, rest;
    words >> verb >> tensor >> rest;
    if (verb == "fetch") {
      fetches.push_back(model.find(tensor));
      names.push_back(rest);
    } else if (verb == "feed") {
      feeds.push_back(model.find(tensor));
      values.push_back(read_strings(in, std::stoll(rest)));
    } else if (verb == "run") {
      const auto answers = model.run(feeds, values, fetches);
      for (std::size_t i = 0; i < answers.size(); ++i)
        write(out, names[i], answers[i].get());
      feeds.clear();
      values.clear();
    } else {
      throw std::runtime_error("no such line: " + line);
    }
  }
}

}  // namespace

int main(int count, char** arguments) {
  try {
    if (count != 4) throw std::runtime_error("usage: loader EXPORT REQUESTS ANSWERS");
    const Model model(arguments[1]);
    std::ifstream in(arguments[2], std::ios::binary);
    std::ofstream out(arguments[3], std::ios::binary);
    if (!in || !out) throw std::runtime_error("a file cannot be opened");
    answer(model, in, out);
    if (!out.flush()) throw std::runtime_error("the answers cannot be written");
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "loader: " << error.what() << '\n';
    return 1;
  }
}
